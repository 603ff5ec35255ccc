import assert from "node:assert/strict";
import { test } from "node:test";
import { portTls } from "./port-tls.ts";

test("suites and versions of the port are told to OpenSSL by its names, and refused by upstream's words", () => {
  const suites = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_AES_128_GCM_SHA256";
  assert.deepEqual(portTls([`tls-cipher-suites=${suites}`, "tls-curve-preferences=29,23"]).handshake, {
    minVersion: "TLSv1.2",
    ciphers:
      "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305",
    ecdhCurve: "X25519:P-256",
  });
  assert.deepEqual(portTls(["tls-min-version=VersionTLS13"]).handshake, { minVersion: "TLSv1.3" });
  assert.deepEqual(portTls([]).handshake, { minVersion: "TLSv1.2" });
  const table: [string, RegExp][] = [
    ["tls-cipher-suites=TLS_BOGUS", /^Error: Cipher suite TLS_BOGUS not supported or doesn't exist$/],
    [
      "tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
      /http2: TLSConfig\.CipherSuites is missing an HTTP\/2-required AES_128_GCM_SHA256/,
    ],
    ["tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA", /TLS_RSA_WITH_RC4_128_SHA is not spoken here/],
    ["tls-min-version=VersionTLS9", /^Error: unknown tls version "VersionTLS9"$/],
    ["tls-min-version=VersionTLS10", /nothing older than TLS 1\.2 is spoken here/],
    ["tls-curve-preferences=0", /curve preference 0 is out of range \(must be 1-65535\)/],
    ["tls-curve-preferences=23,23", /duplicate curve preference 23/],
    ["tls-curve-preferences=99", /curve 99 is not spoken here/],
    [
      "tls-sni-cert-key=a.crt",
      /invalid argument "a\.crt" for "--tls-sni-cert-key" flag: expected comma separated certificate and key file paths/,
    ],
    ["tls-sni-cert-key=a.crt,a.key:", /empty names list is not allowed/],
    ["tls-sni-cert-key=a.crt,a.key:10.0.0.1", /10\.0\.0\.1: certificates go by name here/],
    ["tls-sni-cert-key=/absent.crt,/absent.key", /failed to load SNI cert and key: .*absent\.crt/],
  ];
  for (const [word, told] of table) assert.throws(() => portTls([word]), told);
});
