/** The client certificate of a connection: one that the handshake has verified, or the reason why the one that was shown is not good. */
import type { PeerCertificate, TLSSocket } from "node:tls";
import type { Credentials } from "../contract.ts";

type Shown = Pick<Credentials, "certificate" | "refusedCertificate">;

/** One object per connection, so that authenticators can cache by it. */
const known = new WeakMap<object, Shown>();

export function clientCertificate(socket: TLSSocket | undefined): Shown {
  if (!socket) return {};
  let shown = known.get(socket);
  if (!shown) {
    shown = look(socket);
    known.set(socket, shown);
  }
  return shown;
}

function look(socket: TLSSocket): Shown {
  const certificate: PeerCertificate = socket.getPeerCertificate();
  if (!certificate || Object.keys(certificate).length === 0) return {};
  return socket.authorized ? { certificate } : { refusedCertificate: String(socket.authorizationError ?? "not verified") };
}
