/** The standard gRPC health question. */
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { type Clock, hostPort } from "#base/mod.ts";
import type { Outcome } from "../judge.ts";

const method = "/grpc.health.v1.Health/Check";
const serving = 1;

/** HealthCheckRequest is `{1: service}`, HealthCheckResponse `{1: status}`: small enough to write by hand. */
export function checkGrpcHealth(host: string, port: number, service: string, timeoutMs: number, clock: Clock): Promise<Outcome> {
  const client = new Client(hostPort(host, port), credentials.createInsecure());
  const name = Buffer.from(service);
  const request = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]) : Buffer.alloc(0);
  return new Promise((resolve) => {
    const deadline = clock.now() + timeoutMs;
    client.makeUnaryRequest(
      method,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      request,
      new Metadata(),
      { deadline },
      (error, answer) => {
        client.close();
        if (error)
          return resolve({
            ok: false,
            message:
              error.code === 12
                ? `error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${error.details}`
                : `error: health rpc failed: ${error.message}`,
          });
        const status = answer && answer[0] === 0x08 ? answer[1] : 0;
        resolve(
          status === serving
            ? { ok: true }
            : {
                ok: false,
                message: `service unhealthy (responded with "${["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"][status ?? 0]}")`,
              },
        );
      },
    );
  });
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}
