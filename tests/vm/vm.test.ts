/**
 * Spoke in a real Debian machine: systemd, cgroup v2, a stock kernel, a reboot and a pulled plug. The machine is emulated, five to
 * fifteen times slower than this one, so nothing is timed and CI does not run it: `./spoke test vm` does, where the tool is.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "#base/mod.ts";

const root = join(import.meta.dirname, "../..");
const vm = process.env.SPOKE_VM_TOOL ?? join(root, "../shared/vm/vm");
const machine = "spoke1";
const minute = 60_000;

function obstacle(): string | undefined {
  if (process.env.CI) return "emulation is too slow for CI";
  if (!existsSync(vm)) return `${vm} is not there: it boots the machines`;
  return process.getuid?.() === 0 ? undefined : "building a machine needs root";
}

function command(argv: string[], minutes: number): string {
  const { status, stdout, stderr } = spawnSync(argv[0]!, argv.slice(1), { encoding: "utf8", timeout: minutes * minute });
  assert.equal(status, 0, `${argv.join(" ")}: ${status === null ? `not within ${minutes} minutes` : `exit ${status}`}\n${stdout}${stderr}`);
  return stdout + stderr;
}

test("a stock Debian machine", { skip: obstacle(), timeout: 150 * minute }, async (t) => {
  const inside = (script: string, minutes = 10) =>
    command([vm, "run", machine, `cd /srv/spoke && export HOME=/root && ${script}`], minutes);
  command([vm, "up", machine, "bookworm"], 40);
  t.after(() => void spawnSync(vm, ["down", machine], { timeout: 5 * minute }));
  const answersAgain = async () => {
    for (let looks = 0; looks < 60; looks++) {
      if (spawnSync(vm, ["run", machine, "cd /srv/spoke && ./spoke kubectl get --raw /readyz"], { timeout: 2 * minute }).status === 0)
        return;
      await systemClock.sleep(10_000);
    }
    inside("systemctl status 'spoke*' --no-pager; ./spoke status; ./spoke logs --tail 20; exit 1");
  };

  await t.test("a clone and up", () => {
    const folder = mkdtempSync(join(tmpdir(), "spoke-vm-"));
    command(["git", "clone", "--quiet", root, join(folder, "spoke")], 2);
    command([vm, "put", machine, join(folder, "spoke"), "/srv"], 10);
    rmSync(folder, { recursive: true });
    assert.match(inside("stat -fc %T /sys/fs/cgroup; cat /proc/1/comm"), /cgroup2fs\nsystemd/);
    const up = inside("./spoke install up", 60);
    assert.match(up, /node-1 is Ready/);
    assert.match(up, /starts with this machine: spoke\.service/);
    assert.match(
      inside("systemctl is-active spoke; systemctl is-enabled spoke; systemctl show -P StatusText spoke"),
      /active\nenabled\nall processes answer/,
    );
  });
  await t.test("the course's Deployment, with limits that the kernel has", () => {
    inside("./spoke kubectl apply -f examples/bootcamp/app.yml");
    inside("./spoke kubectl rollout status deployment/bootcamp --timeout=15m", 20);
    inside(
      `./spoke kubectl run limited --image=busybox:1.36 --image-pull-policy=IfNotPresent --overrides='{"spec":{"containers":[{"name":"limited","image":"busybox:1.36","command":["sleep","86400"],"resources":{"limits":{"cpu":"500m","memory":"64Mi"}}}]}}'`,
    );
    inside("./spoke kubectl wait --for=condition=Ready pod/limited --timeout=10m", 15);
    assert.match(inside("./spoke kubectl exec limited -- cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max"), /67108864\n50000 100000/);
  });
  await t.test("all of it is the unit's, writes to the journal, and stops and starts by it", () => {
    const groups = inside("for pid in $(grep -ho '\"pid\":[0-9]*' /run/spoke/spoke/*.pid | cut -d: -f2); do cat /proc/$pid/cgroup; done");
    assert.match(groups, /^(0::\/system\.slice\/spoke\.service\n)+$/);
    assert.match(inside("journalctl -t spoke/spoke/control-plane --no-pager"), /the API server listens/);
    inside("systemctl stop spoke", 15);
    assert.match(inside("./spoke status || true"), /is stopped/);
    inside("systemctl start spoke", 30);
    inside("./spoke kubectl rollout status deployment/bootcamp --timeout=15m", 20);
  });
  await t.test("the machine starts anew, and so does the cluster", async () => {
    inside("systemctl reboot || true");
    await systemClock.sleep(60_000);
    command([vm, "up", machine], 10);
    await answersAgain();
    inside("./spoke kubectl rollout status deployment/bootcamp --timeout=15m", 20);
  });
  await t.test("the plug is pulled", async () => {
    command([vm, "cut", machine], 2);
    command([vm, "up", machine], 20);
    await answersAgain();
    inside("./spoke kubectl rollout status deployment/bootcamp --timeout=15m", 20);
  });
  await t.test("destroy leaves nothing", () => {
    assert.match(inside("./spoke destroy", 15), /is gone/);
    const left = inside(
      "ls -d /var/lib/spoke /run/spoke /sys/fs/cgroup/spoke /etc/systemd/system/spoke* 2>/dev/null; ip -br link | grep spoke; true",
    );
    assert.equal(left.trim(), "");
  });
});
