/** Who asks: the first authenticator that knows the caller says so. */
import { type Log, messageOf } from "#base/mod.ts";
import type { Authenticator, User } from "../contract.ts";
import type { ServerRequest } from "./call.ts";
import { unauthorized } from "./errors.ts";

export interface Authentication {
  /** Asked in order. */
  authenticators: readonly Authenticator[];
  /** Callers that nobody knows are `system:anonymous`: everywhere, nowhere, or on these paths only. */
  anonymous?: boolean | readonly string[];
}

const anonymousUser: User = { name: "system:anonymous", groups: ["system:unauthenticated"] };

export function identifier({ authenticators, anonymous = true }: Authentication, log: Log): (request: ServerRequest) => Promise<User> {
  return async (request) => {
    if (request.user) return request.user;
    const { headers, url: path, certificate, refusedCertificate, remoteAddress } = request;
    let refused = false;
    for (const authenticator of authenticators) {
      try {
        const answer = authenticator.authenticate({ headers, path, certificate, refusedCertificate, remoteAddress });
        const user = answer instanceof Promise ? await answer : answer;
        if (user) return user;
      } catch (error) {
        log.debug("a credential was refused", { error: messageOf(error) });
        refused = true;
      }
    }
    // A credential that is not good is never taken for none.
    const isOpen = typeof anonymous === "boolean" ? anonymous : anonymous.includes(path.split("?", 1)[0]!);
    if (refused || headers.authorization !== undefined || !isOpen) throw unauthorized();
    return anonymousUser;
  };
}
