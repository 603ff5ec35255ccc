/** Scheduler configurations: what upstream refuses is refused in its words (recorded from its binary), the rest becomes profiles. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { messageOf } from "#base/mod.ts";
import { usualProfile } from "../profile.ts";
import { readSchedulerConfiguration } from "./configuration.ts";

const own = { apiVersion: "kubescheduler.config.k8s.io/v1", kind: "KubeSchedulerConfiguration" };
const read = (config: object) => readSchedulerConfiguration(JSON.stringify({ ...own, ...config }));
const refused = JSON.parse(readFileSync(new URL("./refused.json", import.meta.url), "utf8")) as {
  name: string;
  config: object;
  message: string;
}[];

test(`what upstream refuses is refused alike (${refused.length} recorded answers)`, () => {
  const wrong: object[] = [];
  for (const { name, config, message } of refused) {
    let said = "accepted";
    try {
      read(config);
    } catch (error) {
      said = messageOf(error);
    }
    // Ours says which versions there are.
    if (said.split(": KubeSchedulerConfiguration in ")[0] !== message) wrong.push({ name, theirs: message, ours: said });
  }
  assert.deepEqual(wrong, []);
});

test("a file that says nothing is the default", () => {
  const { profiles, extenders, initialBackoffMs, mostBackoffMs, notes } = read({});
  const { filters, scores, schedulerName } = profiles[0]!;
  assert.deepEqual([filters, [...scores], schedulerName], [usualProfile.filters, [...usualProfile.scores], "default-scheduler"]);
  assert.deepEqual(profiles[0]!.settings.fit, usualProfile.settings.fit);
  assert.deepEqual([profiles.length, extenders, initialBackoffMs, mostBackoffMs, notes], [1, [], 1000, 10_000, []]);
});

test("fields of a process of its own are named as being without effect", () => {
  const { notes } = read({ leaderElection: { leaderElect: true }, clientConnection: { kubeconfig: "/x" }, parallelism: 4 });
  assert.deepEqual(notes, ["without effect here: parallelism, leaderElection, clientConnection"]);
});

const plugins = (given: object) => {
  const { filters, scores, gates, preemption } = read({ profiles: [{ plugins: given }] }).profiles[0]!;
  return { filters, scores: Object.fromEntries(scores), gates, preemption };
};
const usual = plugins({});

test("rules are turned on, off and round as upstream does it", () => {
  const name = (each: string) => ({ name: each });
  assert.deepEqual(
    plugins({ multiPoint: { disabled: [name("NodePorts")] } }).filters,
    usual.filters.filter((each) => each !== "NodePorts"),
  );
  const scoreless = plugins({ score: { disabled: [name("*")] }, preScore: { disabled: [name("*")] } });
  assert.deepEqual([scoreless.scores, scoreless.filters], [{}, usual.filters]);
  const only = plugins({ score: { disabled: [name("*")], enabled: [{ name: "ImageLocality", weight: 7 }] } });
  assert.deepEqual(only.scores, { ImageLocality: 7 });
  assert.equal(plugins({ multiPoint: { enabled: [{ name: "NodeAffinity", weight: 9 }] } }).scores.NodeAffinity, 9);
  assert.equal(plugins({ score: { enabled: [{ name: "NodeAffinity", weight: 8 }] } }).scores.NodeAffinity, 8);
  assert.equal(plugins({ filter: { enabled: [name("NodePorts")] } }).filters[0], "NodePorts", "what is named where it acts comes first");
  assert.deepEqual(plugins({ postFilter: { disabled: [name("DefaultPreemption")] } }).preemption, false);
  assert.deepEqual(plugins({ preEnqueue: { disabled: [name("*")] } }).gates, false);
  assert.deepEqual(plugins({ multiPoint: { disabled: [name("GangScheduling"), name("PodGroupPodsCount")] } }), usual, "not here anyway");
});

test("what cannot be had is refused, and not passed over", () => {
  const why = (given: object) => {
    try {
      return JSON.stringify(plugins(given));
    } catch (error) {
      return messageOf(error).replace(/^.*default-scheduler: /, "");
    }
  };
  const name = (each: string) => [{ name: each }];
  assert.match(why({ multiPoint: { enabled: name("GangScheduling") } }), /"GangScheduling" is not there yet/);
  assert.match(why({ preFilter: { disabled: name("InterPodAffinity") } }), /InterPodAffinity still acts at filter: turn it off there, too/);
  assert.match(why({ reserve: { disabled: name("VolumeBinding") } }), /filters, reserves and binds as one here/);
});

test("arguments become settings", () => {
  const args = {
    NodeResourcesFit: {
      ignoredResources: ["example.com/a"],
      scoringStrategy: {
        type: "RequestedToCapacityRatio",
        resources: [{ name: "example.com/gpu", weight: 3 }, { name: "cpu" }],
        requestedToCapacityRatio: {
          shape: [
            { utilization: 0, score: 0 },
            { utilization: 100, score: 10 },
          ],
        },
      },
    },
    PodTopologySpread: {
      defaultingType: "List",
      defaultConstraints: [{ maxSkew: 2, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule" }],
    },
    NodeAffinity: {
      addedAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: "a", operator: "Exists" }] }] },
      },
    },
    InterPodAffinity: { hardPodAffinityWeight: 0, ignorePreferredTermsOfExistingPods: true },
    VolumeBinding: { bindTimeoutSeconds: 5 },
    DefaultPreemption: { minCandidateNodesPercentage: 0, minCandidateNodesAbsolute: 3 },
  };
  const pluginConfig = Object.entries(args).map(([name, each]) => ({ name, args: each }));
  const extenders = [
    { urlPrefix: "http://x", managedResources: [{ name: "example.com/b", ignoredByScheduler: true }, { name: "example.com/c" }] },
  ];
  const { settings, nodesToScore } = read({ profiles: [{ pluginConfig, percentageOfNodesToScore: 40 }], extenders }).profiles[0]!;
  assert.deepEqual([...settings.fit.ignored], ["example.com/a", "example.com/b"]);
  assert.deepEqual(settings.fit.strategy, {
    type: "RequestedToCapacityRatio",
    resources: [
      { name: "example.com/gpu", weight: 3 },
      { name: "cpu", weight: 1 },
    ],
    shape: [
      { utilization: 0, score: 0 },
      { utilization: 100, score: 10 },
    ],
  });
  assert.deepEqual(settings.spread, { defaults: [{ topologyKey: "rack", maxSkew: 2, hard: true }], lenient: false });
  assert.equal(settings.addedAffinity.required?.length, 1);
  assert.deepEqual(
    [settings.affinity, settings.volumes, settings.preemption, nodesToScore],
    [{ hardWeight: 0, ignoreOthers: true }, { bindTimeoutMs: 5000 }, { percent: 0, least: 3 }, 40],
  );
});
