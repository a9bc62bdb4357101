import { mitApplication } from "./profiles.ts";
import type { StackConfig } from "./stackConfig.ts";

/**
 * Where Open edX finds the MIT application's endpoints. The LMS calls them at the gateway; browsers go to the public URL,
 * because the application's session cookie is only valid there.
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
