/** Which pairs of a certificate and a key a Secret is warned of. */
import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { problemOfPair } from "./tls-pair.ts";

const key = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const notOne = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const other = "-----BEGIN THING-----\nAAAA\n-----END THING-----\n";

const cases: [string, string, string, string][] = [
  ["text for a certificate", "x", key, "tls: failed to find any PEM data in certificate input"],
  [
    "a key for a certificate",
    key,
    notOne,
    "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
  ],
  [
    "other blocks",
    other + other,
    key,
    'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the following types: [THING THING]',
  ],
  ["text for a key", notOne, "x", "tls: failed to find any PEM data in key input"],
  ["a certificate for a key", notOne, notOne, "tls: found a certificate rather than a key in the PEM for the private key"],
  ["a block that is no certificate", notOne, key, "x509: malformed certificate"],
];

for (const [what, certificate, secret, told] of cases)
  test(`a pair is none: ${what}`, () => assert.equal(problemOfPair(Buffer.from(certificate), Buffer.from(secret)), told));
