import assert from "node:assert/strict";
import { test } from "node:test";
import { denial, reviewVersion, verdictOf } from "./review.ts";

const uid = "u-1";
const answer = (response: object | undefined, apiVersion = "admission.k8s.io/v1", kind = "AdmissionReview") => ({
  apiVersion,
  kind,
  response,
});
const patch = Buffer.from("[]").toString("base64");

test("the first version that both sides speak is spoken", () => {
  assert.equal(reviewVersion(["v2", "v1beta1", "v1"]), "v1beta1");
  assert.equal(reviewVersion(["v1", "v1beta1"]), "v1");
  assert.equal(reviewVersion(["v2"]), undefined);
});

test("an answer that is none is refused, and v1beta1 is not so strict", () => {
  const table: [unknown, "v1" | "v1beta1", boolean, string | boolean][] = [
    [answer({ uid, allowed: true }), "v1", true, true],
    [answer({ uid }), "v1", true, false],
    [answer(undefined), "v1", true, "webhook response was absent"],
    ["text", "v1", true, "webhook response was absent"],
    [answer({ uid: "x", allowed: true }), "v1", true, 'expected response.uid="u-1", got "x"'],
    [answer({ uid: "x", allowed: true }, "admission.k8s.io/v1beta1"), "v1beta1", true, true],
    [
      answer({ uid, allowed: true }, "admission.k8s.io/v1beta1"),
      "v1",
      true,
      "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1beta1, Kind=AdmissionReview",
    ],
    [answer({ uid, patch, patchType: "JSONPatch" }), "v1", true, false],
    [answer({ uid, patch }), "v1", true, "webhook returned response.patch but not response.patchType"],
    [answer({ uid, patchType: "JSONPatch" }), "v1", true, "webhook returned response.patchType but not response.patch"],
    [answer({ uid, patch, patchType: "" }), "v1", true, 'webhook returned invalid response.patchType of ""'],
    [answer({ uid, patch }), "v1", false, "validating webhook may not return response.patch"],
    [answer({ uid, patchType: "JSONPatch" }), "v1", false, "validating webhook may not return response.patchType"],
  ];
  for (const [given, version, mutating, expected] of table) {
    let result: string | boolean;
    try {
      result = verdictOf(given, { uid, version }, mutating).allowed;
    } catch (error) {
      result = (error as Error).message;
    }
    assert.equal(result, expected);
  }
});

test("a denial is always a failure, and says by whom and why", () => {
  const table: [Record<string, unknown> | undefined, number, string][] = [
    [undefined, 400, 'admission webhook "h" denied the request without explanation'],
    [{ code: 200, status: "Success", message: "fine" }, 400, 'admission webhook "h" denied the request: fine'],
    [{ code: 403, reason: "Forbidden" }, 403, 'admission webhook "h" denied the request: Forbidden'],
  ];
  for (const [given, code, message] of table) {
    const status = denial("h", given);
    assert.deepEqual([status.code, status.message, status.status], [code, message, "Failure"]);
  }
});
