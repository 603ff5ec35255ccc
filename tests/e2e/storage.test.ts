/** Volumes of examples/storage on two real nodes, under both kubectls: volumes that are there, that are made, that go and that stay. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { eventually, realNodes, spoke, TestCluster, traces, upstreamKubectl } from "./cluster.ts";

interface Json {
  // biome-ignore lint/suspicious/noExplicitAny: objects as kubectl prints them; a wrong path fails the test
  [key: string]: any;
}

const kubectls = { ours: [spoke, "kubectl"], ...(upstreamKubectl() ? { upstream: [upstreamKubectl()!] } : {}) };
/** Of examples/storage/static.yml, on the node: on this machine. */
const staticPath = "/tmp/spoke-task-volume";

for (const [which, kubectl] of Object.entries(kubectls))
  test(`storage, with ${which} kubectl`, { skip: realNodes(), timeout: 600_000 }, async (t) => {
    const name = `store-${which}`;
    const cluster = new TestCluster(name, kubectl);
    const json = (line: string): Json => JSON.parse(cluster.kubectl(`${line} -o json`).stdout);
    const example = (file: string) => cluster.kubectl(`apply -f examples/storage/${file}.yml`);
    const column = (line: string, path: string) => cluster.kubectl(`${line} -o jsonpath={${path}}`).stdout;
    const gone = (line: string) =>
      eventually(`${line}: gone`, () => assert.match(cluster.kubectl(line, { fails: true }).stderr, /not found/));
    const inPod = (pod: string, ...words: string[]) => cluster.kubectl(["exec", pod, "--", ...words]).stdout.trim();
    const inHost = (command: string, ...words: string[]) =>
      assert.equal(spawnSync(command, words).status, 0, [command, ...words].join(" "));
    t.after(async () => {
      await cluster.destroy();
      rmSync(staticPath, { recursive: true, force: true });
      assert.deepEqual(traces(name), []);
    });
    rmSync(staticPath, { recursive: true, force: true });
    const up = cluster.spoke("up", "--nodes", "2");
    assert.equal(up.code, 0, up.stdout + up.stderr);

    await t.test("a volume that is there: bound, written, released, kept", async () => {
      assert.doesNotMatch(example("static").stderr, /Warning/);
      cluster.kubectl("wait --for=condition=Ready pod/task --timeout=60s");
      assert.equal(column("get pvc task-claim", ".spec.volumeName"), "task-volume");
      assert.match(cluster.kubectl("get pv task-volume").stdout, /task-volume +1Gi +RWO +Retain +Bound +default\/task-claim +manual/);
      assert.ok(readFileSync(`${staticPath}/log`, "utf8").length > 0);
      // A claim that a pod uses stays until the pod is gone.
      cluster.kubectl("delete pvc task-claim --wait=false");
      assert.match(cluster.kubectl("get pvc task-claim").stdout, /Terminating/);
      cluster.kubectl("delete pod task");
      await gone("get pvc task-claim");
      await eventually("released", () => assert.equal(column("get pv task-volume", ".status.phase"), "Released"));
      assert.ok(existsSync(`${staticPath}/log`));
      cluster.kubectl("delete pv task-volume");
      await gone("get pv task-volume");
      assert.ok(existsSync(`${staticPath}/log`), "Retain: the data are the user's");
    });

    await t.test("the default class makes a volume where the pod runs, for any user, and removes it with its claim", async () => {
      const classes = cluster.kubectl("get storageclass").stdout;
      assert.match(classes, /local-path \(default\) +spoke.dev\/local-path +Delete +WaitForFirstConsumer +true/);
      example("dynamic");
      cluster.kubectl("wait --for=condition=Ready pod/writer --timeout=60s");
      assert.equal(inPod("writer", "cat", "/notes/hello"), "written by user 1000");
      const volume = json(`get pv ${column("get pvc notes", ".spec.volumeName")}`);
      const { path } = volume.spec.local;
      assert.equal(readFileSync(`${path}/hello`, "utf8"), "written by user 1000\n");
      const node = column("get pod writer", ".spec.nodeName");
      assert.deepEqual(volume.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values, [node]);
      // The pod comes back to its data, wherever else there is room.
      cluster.kubectl("delete pod writer");
      cluster.kubectl(`cordon ${node}`);
      example("dynamic");
      await eventually("it waits for its node", () =>
        assert.match(cluster.kubectl("describe pod writer").stdout, /didn't match PersistentVolume's node affinity/),
      );
      cluster.kubectl(`uncordon ${node}`);
      cluster.kubectl("wait --for=condition=Ready pod/writer --timeout=60s");
      assert.equal(column("get pod writer", ".spec.nodeName"), node);
      cluster.kubectl(["patch", "pvc", "notes", "-p", '{"spec":{"resources":{"requests":{"storage":"200Mi"}}}}']);
      await eventually("it grows", () => assert.equal(column("get pvc notes", ".status.capacity.storage"), "200Mi"));
      cluster.kubectl("delete pod/writer pvc/notes");
      await gone(`get pv ${volume.metadata.name}`);
      assert.equal(existsSync(path), false, "Delete: the data go");
    });

    await t.test("Retain keeps the data, and they can be claimed again", async () => {
      example("dynamic");
      cluster.kubectl("wait --for=condition=Ready pod/writer --timeout=60s");
      const name = column("get pvc notes", ".spec.volumeName");
      cluster.kubectl(["patch", "pv", name, "-p", '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}']);
      cluster.kubectl("delete pod/writer pvc/notes");
      await eventually("released", () => assert.equal(column(`get pv ${name}`, ".status.phase"), "Released"));
      cluster.kubectl(["patch", "pv", name, "-p", '{"spec":{"claimRef":null}}']);
      await eventually("available", () => assert.equal(column(`get pv ${name}`, ".status.phase"), "Available"));
      cluster.apply(
        JSON.stringify({
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: "again" },
          spec: {
            accessModes: ["ReadWriteOnce"],
            volumeName: name,
            storageClassName: "local-path",
            resources: { requests: { storage: "1Mi" } },
          },
        }),
      );
      await eventually("bound", () => assert.equal(column("get pvc again", ".status.phase"), "Bound"));
      const { path } = json(`get pv ${name}`).spec.local;
      assert.equal(readFileSync(`${path}/hello`, "utf8"), "written by user 1000\n");
      cluster.kubectl("delete pvc again");
      cluster.kubectl(`delete pv ${name}`);
      await gone(`get pv ${name}`);
      assert.ok(existsSync(path));
    });

    await t.test("a StatefulSet's pods keep their data when they go and when they are fewer", async () => {
      example("statefulset");
      cluster.kubectl("rollout status statefulset/web --timeout=90s");
      assert.match(cluster.kubectl("get pvc").stdout, /www-web-0 +Bound[^\n]+local-path[^\n]*\nwww-web-1 +Bound/);
      const starts = (pod: string) => inPod(pod, "cat", "/www/starts").split("\n");
      const first = column("get pvc www-web-0", ".spec.volumeName");
      cluster.kubectl("delete pod web-0 web-1");
      cluster.kubectl("rollout status statefulset/web --timeout=90s");
      await eventually("web-0 is back", () => assert.deepEqual(starts("web-0"), ["web-0", "web-0"]));
      cluster.kubectl("scale statefulset/web --replicas=1");
      await gone("get pod web-1");
      assert.equal(column("get pvc www-web-1", ".status.phase"), "Bound");
      cluster.kubectl("scale statefulset/web --replicas=2");
      cluster.kubectl("rollout status statefulset/web --timeout=90s");
      assert.deepEqual(starts("web-1"), ["web-1", "web-1", "web-1"]);
      assert.equal(column("get pvc www-web-0", ".spec.volumeName"), first);
      cluster.kubectl("delete statefulset web");
      await eventually("its pods go", () => assert.equal(cluster.kubectl("get pods -l app=web -o name").stdout, ""));
      assert.match(cluster.kubectl("get pvc").stdout, /www-web-1/, "the claims stay");
    });

    await t.test("data outlive the cluster's stop", async () => {
      const before = column("get pvc www-web-0", ".spec.volumeName");
      assert.equal(cluster.spoke("down").code, 0);
      const again = cluster.spoke("up");
      assert.equal(again.code, 0, again.stdout + again.stderr);
      example("statefulset");
      cluster.kubectl("rollout status statefulset/web --timeout=120s");
      assert.equal(column("get pvc www-web-0", ".spec.volumeName"), before);
      assert.deepEqual(inPod("web-0", "cat", "/www/starts").split("\n"), ["web-0", "web-0", "web-0"]);
      cluster.kubectl("delete statefulset/web service/web pvc/www-web-0 pvc/www-web-1");
    });

    await t.test("an ephemeral volume goes with its pod; a group may write; a path inside a volume may be mounted alone", async () => {
      example("ephemeral");
      cluster.kubectl("wait --for=condition=Ready pod/scratch --timeout=60s");
      const volume = column("get pvc scratch-space", ".spec.volumeName");
      const { path } = json(`get pv ${volume}`).spec.local;
      assert.equal(readFileSync(`${path}/mark`, "utf8"), "here\n");
      // The example's group owns what it writes, and another path of the volume is another mount.
      assert.equal(inPod("scratch", "stat", "-c", "%g", "/scratch/mark"), "2000");
      assert.equal(inPod("scratch", "ls", "/part"), "");
      assert.ok(existsSync(`${path}/part`));
      cluster.kubectl("delete pod scratch");
      await gone(`get pv ${volume}`);
      await gone("get pvc scratch-space");
      assert.equal(existsSync(path), false);
    });

    const noDisk = which !== "ours" || spawnSync("losetup", ["-f"]).status !== 0 ? "once, and where there are loop devices" : false;
    await t.test("a disk of a node: as a device, and with a file system that it gets", { skip: noDisk }, async (t) => {
      const file = `${cluster.folder}/disk`;
      writeFileSync(file, "");
      truncateSync(file, 32 * 1024 * 1024);
      const disk = spawnSync("losetup", ["-f", "--show", file], { encoding: "utf8" }).stdout.trim();
      assert.match(disk, /^\/dev\/loop/);
      t.after(() => spawnSync("losetup", ["-d", disk]));
      const [node] = json("get nodes").items;
      const values = [node.metadata.labels["kubernetes.io/hostname"]];
      const use = (mode: string, container: object) => {
        const name = `disk-${mode.toLowerCase()}`;
        const spec = { storageClassName: "", volumeMode: mode, accessModes: ["ReadWriteOnce"] };
        const term = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values }] };
        const volume = {
          ...spec,
          capacity: { storage: "32Mi" },
          local: { path: disk },
          nodeAffinity: { required: { nodeSelectorTerms: [term] } },
        };
        const claim = { ...spec, volumeName: name, resources: { requests: { storage: "32Mi" } } };
        const image = { image: "busybox:1.36", imagePullPolicy: "IfNotPresent", command: ["sleep", "1000"] };
        const pod = { terminationGracePeriodSeconds: 0, volumes: [{ name: "v", persistentVolumeClaim: { claimName: name } }] };
        for (const [kind, spec] of Object.entries({
          PersistentVolume: volume,
          PersistentVolumeClaim: claim,
          Pod: { ...pod, containers: [{ name: "c", ...image, ...container }] },
        }))
          cluster.apply({ apiVersion: "v1", kind, metadata: { name }, spec });
        cluster.kubectl(`wait --for=condition=Ready pod/${name} --timeout=60s`);
        return name;
      };
      const block = use("Block", { volumeDevices: [{ name: "v", devicePath: "/dev/own" }] });
      inPod(block, "sh", "-c", "printf hello | dd of=/dev/own conv=notrunc,fsync 2>/dev/null");
      assert.equal(readFileSync(file).subarray(0, 5).toString(), "hello");
      cluster.kubectl(`delete pod ${block}`);
      // Empty again: what holds data is not written over.
      inHost("wipefs", "-a", disk);
      inHost("dd", "if=/dev/zero", `of=${disk}`, "bs=1M", "count=1", "conv=fsync");
      const mounted = use("Filesystem", { volumeMounts: [{ name: "v", mountPath: "/data" }] });
      assert.match(inPod(mounted, "sh", "-c", "echo kept > /data/a; grep ' /data ' /proc/mounts"), / \/data ext4 rw/);
      cluster.kubectl(`delete pod ${mounted}`);
      await eventually("unmounted", () => assert.doesNotMatch(readFileSync("/proc/mounts", "utf8"), new RegExp(`^${disk} `, "m")));
    });

    await t.test("what cannot be is told where the user looks", async () => {
      cluster.apply(
        JSON.stringify({
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: "shared" },
          spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "1Mi" } } },
        }),
      );
      await eventually("it waits for a pod", () =>
        assert.match(cluster.kubectl("describe pvc shared").stdout, /waiting for first consumer to be created before binding/),
      );
      const pod = (name: string, volume: object) =>
        cluster.apply(
          JSON.stringify({
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name },
            spec: {
              containers: [{ name: "c", image: "busybox:1.36", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
              volumes: [{ name: "v", ...volume }],
            },
          }),
        );
      pod("sharer", { persistentVolumeClaim: { claimName: "shared" } });
      await eventually("access modes", () =>
        assert.match(cluster.kubectl("describe pvc shared").stdout, /access modes ReadWriteMany are not supported/),
      );
      pod("driven", { csi: { driver: "disk.example.com" } });
      await eventually("a driver", () =>
        assert.match(
          cluster.kubectl("describe pod driven").stdout,
          /driver name disk.example.com not found in the list of registered CSI drivers/,
        ),
      );
      cluster.kubectl("delete pod/sharer pod/driven pvc/shared --force --grace-period=0");
    });
  });
