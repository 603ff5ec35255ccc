/** Who shows nothing may ask whether the server is well and which version it is, and nothing else. */
import type { Authenticator } from "../contract.ts";

const open = /^\/(healthz|livez|readyz|version)(\/[^/]*)?$/;

export const anonymousAuthenticator: Authenticator = {
  authenticate({ path, headers }) {
    if (headers.authorization !== undefined || !open.test(path)) return undefined;
    return { name: "system:anonymous", groups: ["system:unauthenticated"] };
  },
};
