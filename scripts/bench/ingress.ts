/**
 * Our ingress beside Debian's nginx as a proxy, one process each, before the same backend (another nginx that answers 200 bytes), with an
 * access log on both sides. Programs come from the PATH, or out of Debian's packages without being installed, so that no nginx takes port 80.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { homedir, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { cpuOf, Figures, memoryOf, must, type Side } from "./sides.ts";

const packages = ["nginx", "wrk", "nghttp2-client", "libluajit-5.1-2", "libluajit-5.1-common", "libjemalloc2", "libev4"];
const seconds = 5;
const host = "web.example.com";
const ports = { backend: 18080, spoke: { plain: 18081, secure: 18443 }, upstream: { plain: 18082, secure: 18444 } };

const loads: { row: string; tool: "wrk" | "h2load"; secure: boolean; clients: number }[] = [
  { row: "HTTP/1.1 with TLS, 16 clients", tool: "wrk", secure: true, clients: 16 },
  { row: "HTTP/1.1 in the clear, 16 clients", tool: "wrk", secure: false, clients: 16 },
  { row: "HTTP/2 with TLS, 8 clients of 8 streams", tool: "h2load", secure: true, clients: 8 },
];

export async function benchIngress(repeats: number, rows: RegExp): Promise<void> {
  const tools = provide();
  const folder = mkdtempSync(join(tmpdir(), "spoke-bench-ingress-"));
  const running: ChildProcess[] = [];
  const figures = new Figures();
  try {
    makeCertificate(folder);
    running.push(nginx(tools, folder, "backend", backendText()));
    const upstream = nginx(tools, folder, "proxy", proxyText(folder));
    const spoke = spawn(process.execPath, oursArgv(folder), { stdio: "inherit" });
    running.push(upstream, spoke);
    for (const port of [ports.backend, ...Object.values(ports.spoke), ...Object.values(ports.upstream)]) await answers(port);
    const sides: Record<Side["name"], ChildProcess> = { spoke, upstream };
    const chosen = loads.filter(({ row }) => rows.test(row));
    for (const load of chosen) for (const name of ["spoke", "upstream"] as const) press(tools, load, ports[name], 2); // warm
    for (let repeat = 0; repeat < repeats; repeat++)
      for (const name of repeat % 2 === 0 ? (["spoke", "upstream"] as const) : (["upstream", "spoke"] as const))
        for (const load of chosen) measure({ tools, load, name, pids: withChildren(sides[name].pid!), figures });
    console.log(
      `One process of each side, ${seconds} s a load, median of ${repeats} (lowest–highest); "upstream" is nginx ${versionOf(tools)}. ` +
        `Other work shared the machine: the load average was ${loadavg()[0]!.toFixed(1)} at the end.\n`,
    );
    figures.print();
  } finally {
    for (const child of running) child.kill("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Tools {
  paths: Record<string, string>;
  env: NodeJS.ProcessEnv;
}

/** Programs and where their libraries are. */
function provide(): Tools {
  const names = ["nginx", "wrk", "h2load"];
  const path = `${process.env.PATH}:/usr/sbin`;
  const found = names.map((name) =>
    path
      .split(":")
      .map((each) => join(each, name))
      .find(existsSync),
  );
  if (found.every(Boolean)) return { paths: Object.fromEntries(names.map((name, at) => [name, found[at]!])), env: process.env };
  const root = join(homedir(), ".cache/spoke-bench");
  if (!existsSync(join(root, "usr/sbin/nginx"))) {
    mkdirSync(root, { recursive: true });
    must("apt-get", ["download", ...packages], { cwd: root });
    for (const file of readdirSync(root).filter((name) => name.endsWith(".deb"))) must("dpkg-deb", ["-x", file, root], { cwd: root });
  }
  const libraries = readdirSync(join(root, "usr/lib")).map((name) => join(root, "usr/lib", name));
  return {
    paths: { nginx: join(root, "usr/sbin/nginx"), wrk: join(root, "usr/bin/wrk"), h2load: join(root, "usr/bin/h2load") },
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(":") },
  };
}

function makeCertificate(folder: string): void {
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const files = ["-keyout", join(folder, "key.pem"), "-out", join(folder, "cert.pem")];
  must("openssl", ["req", "-x509", ...ec, ...files, "-days", "2", "-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`]);
}

function oursArgv(folder: string): string[] {
  const { plain, secure } = ports.spoke;
  const flags = ["--max-old-space-size=256", "--v8-pool-size=1"];
  return [...flags, join(import.meta.dirname, "ingress-side.ts"), folder, host, `${plain}`, `${secure}`, `${ports.backend}`];
}

function nginx({ paths, env }: Tools, folder: string, name: string, http: string): ChildProcess {
  const own = join(folder, name);
  mkdirSync(own);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((each) => `${each}_temp_path ${own}/${each};`).join(" ");
  const text = `worker_processes 1; daemon off; pid ${own}/pid; error_log ${own}/error.log; events { worker_connections 2048; } http { ${temporary} keepalive_requests 100000000; ${http} }`;
  writeFileSync(join(own, "nginx.conf"), text);
  return spawn(paths.nginx!, ["-p", own, "-c", join(own, "nginx.conf"), "-e", join(own, "error.log")], { env, stdio: "inherit" });
}

const backendText = () =>
  `access_log off; default_type text/plain; server { listen 127.0.0.1:${ports.backend}; location / { return 200 "${"x".repeat(200)}"; } }`;

/** As nginx's controller writes it, in short: what the client may not say of itself, and kept connections. */
function proxyText(folder: string): string {
  const own = [
    "Host $host",
    "X-Request-ID $request_id",
    "X-Real-IP $remote_addr",
    "X-Forwarded-For $remote_addr",
    "X-Forwarded-Host $host",
  ];
  const more = [
    "X-Forwarded-Port $server_port",
    "X-Forwarded-Proto $scheme",
    "X-Forwarded-Scheme $scheme",
    "X-Scheme $scheme",
    'Connection ""',
  ];
  const location = `location / { proxy_pass http://b; proxy_http_version 1.1; ${[...own, ...more].map((each) => `proxy_set_header ${each};`).join(" ")} }`;
  const tls = `ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem; ssl_protocols TLSv1.2 TLSv1.3;`;
  const { plain, secure } = ports.upstream;
  return `access_log ${folder}/proxy/access.log; upstream b { server 127.0.0.1:${ports.backend}; keepalive 320; keepalive_requests 100000000; }
    server { listen 127.0.0.1:${plain}; listen 127.0.0.1:${secure} ssl http2; server_name ${host}; ${tls} ${location} }`;
}

interface Measure {
  tools: Tools;
  load: (typeof loads)[number];
  name: Side["name"];
  pids: number[];
  figures: Figures;
}

function measure({ tools, load, name, pids, figures }: Measure): void {
  const before = cpuOf(pids);
  const { requests, failed } = press(tools, load, ports[name], seconds);
  const cpu = cpuOf(pids) - before;
  if (failed > 0) throw new Error(`${load.row} on ${name}: ${failed} requests failed`);
  figures.add(load.row, name, requests / cpu, { better: "more", unit: "requests per CPU-second" });
  figures.add(`${load.row}, rate`, name, requests / seconds, { better: "more", unit: "requests per second" });
  figures.add("memory", name, memoryOf(pids), { better: "less", unit: "MB" });
}

/** How many were answered well, and how many were not. */
function press({ paths, env }: Tools, load: (typeof loads)[number], { plain, secure }: { plain: number; secure: number }, during: number) {
  const url = load.secure ? `https://127.0.0.1:${secure}/` : `http://127.0.0.1:${plain}/`;
  if (load.tool === "wrk") {
    const text = must(paths.wrk!, ["-t1", `-c${load.clients}`, `-d${during}s`, "-H", `Host: ${host}`, url], { env });
    const requests = Number(/(\d+) requests in/.exec(text)?.[1]);
    return { requests, failed: Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0) };
  }
  const to = ["--connect-to", `127.0.0.1:${secure}`, `https://${host}/`];
  const text = must(paths.h2load!, ["-t1", `-c${load.clients}`, "-m8", `-D${during}`, ...to], { env });
  const [, good, , other] = /status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx/.exec(text) ?? [];
  return { requests: Number(good), failed: Number(other) };
}

function withChildren(pid: number): number[] {
  const children = (spawnSync("pgrep", ["-P", `${pid}`], { encoding: "utf8" }).stdout ?? "").split("\n").filter(Boolean).map(Number);
  return [pid, ...children];
}

const versionOf = ({ paths, env }: Tools) =>
  (spawnSync(paths.nginx!, ["-v"], { env, encoding: "utf8" }).stderr ?? "").trim().replace(/^.*\//, "");

async function answers(port: number): Promise<void> {
  for (let tries = 0; ; tries++) {
    const is = await new Promise<boolean>((done) => {
      const socket = connect({ host: "127.0.0.1", port }, () => {
        socket.destroy();
        done(true);
      });
      socket.on("error", () => done(false));
    });
    if (is) return;
    if (tries > 300) throw new Error(`nobody answers on port ${port}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
