/** A fresh Debian 12, where nothing was installed by hand: a clone and `./spoke up` must do. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const suite = "bookworm";
const reason =
  process.getuid?.() !== 0
    ? "making a fresh system needs root"
    : existsSync("/usr/sbin/debootstrap")
      ? undefined
      : "debootstrap is not installed: apt-get install debootstrap";

test("a clone on a fresh Debian installs what is missing and starts a cluster", { skip: reason, timeout: 1_800_000 }, (t) => {
  const fresh = mkdtempSync(join(tmpdir(), "spoke-install-"));
  const run = (...argv: string[]) => {
    const result = spawnSync(argv[0], argv.slice(1), { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    assert.equal(result.status, 0, `${argv.join(" ")}: ${result.stdout.slice(-3000)}${result.stderr.slice(-3000)}`);
    return result.stdout + result.stderr;
  };
  const mounted: string[] = [];
  t.after(() => {
    // Whatever has failed: no process may outlive the system that it runs in.
    spawnSync("chroot", [fresh, "/bin/bash", "-c", "cd /srv/spoke && SPOKE_CLUSTER=fresh ./spoke destroy"], { timeout: 60_000 });
    for (const target of mounted.reverse()) spawnSync("umount", ["--lazy", "--recursive", target]);
    rmSync(fresh, { recursive: true, force: true, maxRetries: 3 });
  });
  // runc changes its root, and can do so only from one that is a mount.
  run("mount", "--bind", fresh, fresh);
  mounted.push(fresh);
  run("debootstrap", "--variant=minbase", "--include=ca-certificates,procps", suite, fresh);
  giveRegistries(fresh);
  for (const folder of ["proc", "sys", "dev"]) {
    run("mount", "--rbind", "--make-rslave", `/${folder}`, join(fresh, folder));
    mounted.push(join(fresh, folder));
  }
  mkdirSync(join(fresh, "run"), { recursive: true });
  run("mount", "-t", "tmpfs", "tmpfs", join(fresh, "run"));
  mounted.push(join(fresh, "run"));
  run("git", "clone", "--quiet", root, join(fresh, "srv/spoke"));
  const inside = (script: string) =>
    run("chroot", fresh, "/bin/bash", "-ec", `cd /srv/spoke; export HOME=/root SPOKE_CLUSTER=fresh; ${script}`);

  const first = inside("./spoke up --no-uplink");
  assert.match(first, /installing nodejs and npm from Debian/);
  assert.match(first, /installing from Debian: .*containerd/);
  assert.match(first, /node-1 is Ready/);
  assert.match(inside("./spoke kubectl apply -f examples/bootcamp/app.yml"), /deployment\.apps\/bootcamp created/);
  inside(
    "./spoke kubectl rollout status deployment/bootcamp --timeout=60s || { ./spoke kubectl get pods; ./spoke kubectl get events; exit 1; }",
  );
  assert.match(inside("./spoke destroy"), /is gone/);
  assert.equal(
    spawnSync("chroot", [fresh, "pgrep", "-x", "containerd"]).stdout.toString().includes("\n") &&
      existsSync(join(fresh, "run/containerd/containerd.sock")),
    false,
  );
});

/** The fresh system fetches packages from where this machine does. */
function giveRegistries(fresh: string): void {
  for (const file of ["/etc/resolv.conf", "/etc/hosts", join(homedir(), ".npmrc")]) {
    if (existsSync(file)) cpSync(file, join(fresh, file), { dereference: true });
  }
  for (const folder of ["/etc/apt/apt.conf.d", "/etc/ssl/certs", "/usr/local/share/ca-certificates"]) {
    if (existsSync(folder)) cpSync(folder, join(fresh, folder), { recursive: true, dereference: true, force: true });
  }
  const settings = Object.entries(process.env).filter(([name]) =>
    /^(https?_proxy|no_proxy|npm_config_.*|NODE_EXTRA_CA_CERTS)$/i.test(name),
  );
  writeFileSync(join(fresh, "etc/environment"), settings.map(([name, value]) => `${name}=${value}\n`).join(""));
}
