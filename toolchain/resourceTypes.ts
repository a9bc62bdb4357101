import { accessToken } from "../dynamic-providers/openedx/accessToken.ts";
import { composeLeftovers } from "../dynamic-providers/docker/composeLeftovers.ts";
import { composeVolumes } from "../dynamic-providers/docker/composeVolumes.ts";
import { copiedFile } from "../dynamic-providers/files/copiedFile.ts";
import { djangoSuperuser } from "../dynamic-providers/docker/djangoSuperuser.ts";
import { djangoUser } from "../dynamic-providers/openedx/djangoUser.ts";
import { envFile } from "../dynamic-providers/files/envFile.ts";
import { oauth2ProviderConfig } from "../dynamic-providers/openedx/oauth2ProviderConfig.ts";
import { oauthApplication } from "../dynamic-providers/openedx/oauthApplication.ts";
import { offeredBackend } from "../dynamic-providers/openedx/offeredBackend.ts";
import type { ResourceType } from "../dynamic-providers/resourceType.ts";
import { signInPage } from "../dynamic-providers/openedx/signInPage.ts";
import { site } from "../dynamic-providers/openedx/site.ts";
import { tutorNetwork } from "../dynamic-providers/tutor/tutorNetwork.ts";
import { tutorPlugin } from "../dynamic-providers/tutor/tutorPlugin.ts";
import { tutorServer } from "../dynamic-providers/tutor/tutorServer.ts";

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
