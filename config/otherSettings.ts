import { mitApplication } from "./profiles.ts";
import type { StackConfig } from "./stackConfig.ts";

/**
 * How Open edX finds the MIT application's endpoints: its server calls them at the gateway. A browser is sent to the
 * address that users know, as the application's session cookie is valid there only.
 */
export function otherSettings(
    { url, profile }: Pick<StackConfig["application"], "url" | "profile">,
    gatewayUrl: string,
): Record<string, string> {
    const API_ROOT = `${gatewayUrl}/`;
    return profile.hasDiscovery
        ? { DISCOVERY_URL: gatewayUrl + mitApplication.discoveryPath, API_ROOT }
        : {
              AUTHORIZATION_URL: url + mitApplication.authorizationPath,
              ACCESS_TOKEN_URL: gatewayUrl + mitApplication.tokenPath,
              API_ROOT,
          };
}
