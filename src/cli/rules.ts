/** The order in which upstream lists RBAC rules: verbs first, then group, resource, name and URL, brackets included. */
export function ruleKey(rule: { verbs?: string[]; group?: string; resource?: string; name?: string; url?: string }): string {
  const list = (value: string | undefined) => `[${value ?? ""}],`;
  return `${list((rule.verbs ?? []).join(" "))}${list(rule.group)}${list(rule.resource)}${list(rule.name)}${list(rule.url)}`;
}
