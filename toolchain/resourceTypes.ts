import { accessToken } from "../dynamic-providers/accessToken.ts";
import { composeLeftovers } from "../dynamic-providers/composeLeftovers.ts";
import { composeVolumes } from "../dynamic-providers/composeVolumes.ts";
import { copiedFile } from "../dynamic-providers/copiedFile.ts";
import { djangoSuperuser } from "../dynamic-providers/djangoSuperuser.ts";
import { djangoUser } from "../dynamic-providers/djangoUser.ts";
import { envFile } from "../dynamic-providers/envFile.ts";
import { oauth2ProviderConfig } from "../dynamic-providers/oauth2ProviderConfig.ts";
import { oauthApplication } from "../dynamic-providers/oauthApplication.ts";
import { offeredBackend } from "../dynamic-providers/offeredBackend.ts";
import type { ResourceType } from "../dynamic-providers/resourceType.ts";
import { signInPage } from "../dynamic-providers/signInPage.ts";
import { site } from "../dynamic-providers/site.ts";
import { tutorNetwork } from "../dynamic-providers/tutorNetwork.ts";
import { tutorPlugin } from "../dynamic-providers/tutorPlugin.ts";
import { tutorServer } from "../dynamic-providers/tutorServer.ts";

/** The definitions of all dynamic resources, in the order of the docs: Open edX and Django, Tutor, Docker, files. */
export const resourceTypes: readonly ResourceType[] = [
    oauthApplication,
    djangoUser,
    accessToken,
    site,
    oauth2ProviderConfig,
    offeredBackend,
    signInPage,
    djangoSuperuser,
    tutorPlugin,
    tutorNetwork,
    tutorServer,
    composeLeftovers,
    composeVolumes,
    envFile,
    copiedFile,
];
