/** Which paths that pods name lead elsewhere on a machine that several nodes share. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { onMachine } from "./places.ts";

test("paths of the node's own folders lead there, and no others do", () => {
  const places = { "/var/log": "/state/log", "/var/lib/kubelet/device-plugins": "/state/device-plugins" };
  const paths = {
    "/var/log": "/state/log",
    "/var/log/": "/state/log/",
    "/var/log/pods": "/state/log/pods",
    "/var//log/containers/": "/state/log/containers/",
    "/var/logs": "/var/logs",
    "/var/log2/pods": "/var/log2/pods",
    "/var": "/var",
    "/": "/",
    "/var/lib/kubelet": "/var/lib/kubelet",
    "/var/lib/kubelet/device-plugins/kubelet.sock": "/state/device-plugins/kubelet.sock",
    "/var/lib/kubelet/device-plugins/../pods": "/var/lib/kubelet/device-plugins/../pods",
  };
  for (const [path, expected] of Object.entries(paths)) assert.equal(onMachine(path, places), expected, path);
  assert.equal(onMachine("/var/log/pods", { "/var/log": "/var/log" }), "/var/log/pods");
});
