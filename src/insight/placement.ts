/** The scheduler's sentence taken apart: how many nodes refused for which reason, and what helps against it. */

const remedies: [RegExp, string][] = [
  [/^Insufficient (\S+)/, "ask for less $1, add a node, or free some (kubectl describe nodes shows what is taken)"],
  [/^Too many pods/, "add a node, or raise its number of pods"],
  [/untolerated taint/, "tolerate the taint in the pod, or remove it: kubectl taint nodes NODE KEY-"],
  [/were unschedulable/, "kubectl uncordon NODE"],
  [/didn't match Pod's node affinity\/selector/, "label a node as nodeSelector and node affinity ask, or change those"],
  [
    /didn't match pod (anti-)?affinity|didn't satisfy existing pods anti-affinity/,
    "look at the pod's (anti-)affinity, and whether enough nodes are there for it",
  ],
  [/topology spread constraints/, "look at topologySpreadConstraints: maxSkew, and whether every node has the topology's label"],
  [/free ports/, "another pod has the host port: leave hostPort out, or use a Service"],
  [/unbound immediate PersistentVolumeClaims|persistentvolumeclaim "/, "kubectl why the claim: it is not bound"],
  [/volume node affinity conflict/, "the volume lies on another node or zone than those with room"],
  [/max volume count/, "fewer volumes a node, or another node"],
];

export function unschedulable(message: string): { because: string[]; todo: string[] } {
  const [before = "", preemption] = message.split(/[.,]? preemption: /);
  // The causes are one sentence; what plugins say about room that could be made follows.
  const head = /^(\d+)\/(\d+) nodes are available: (.*?)(?:\. .*|\.)?$/s.exec(before.trim());
  const causes = head ? splitCauses(head[3]!) : [before.trim()];
  const todo = causes.flatMap((cause) => {
    const plain = cause.replace(/^\d+ (node\(s\) )?/, "");
    const [pattern, advice] = remedies.find(([regex]) => regex.test(plain)) ?? [];
    return pattern && advice ? [advice.replace("$1", pattern.exec(plain)?.[1] ?? "")] : [];
  });
  return {
    because: [
      ...(head ? [`${head[1]} of ${head[2]} nodes would do`, ...causes.map(readable)] : causes),
      ...(preemption && !/not eligible|No preemption victims|not helpful/i.test(preemption)
        ? [`preemption: ${preemption.replace(/\.$/, "")}`]
        : []),
    ],
    todo: [...new Set(todo)],
  };
}

/** A comma parts causes, except within the braces of a taint. */
function splitCauses(text: string): string[] {
  const out = [""];
  let depth = 0;
  for (const char of text) {
    if (char === "{") depth++;
    if (char === "}") depth--;
    if (char === "," && depth === 0) out.push("");
    else out[out.length - 1] += char;
  }
  return out.map((cause) => cause.trim()).filter(Boolean);
}

const readable = (cause: string) => {
  const [, count, , rest] = /^(\d+) (node\(s\) )?(.*)$/s.exec(cause) ?? [];
  return count && rest ? `${count} node${count === "1" ? "" : "s"}: ${rest}` : cause;
};
