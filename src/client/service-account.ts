/** Who a service account is to the API server. */
export interface AccountUser {
  name: string;
  groups: string[];
}

export function serviceAccountUser(namespace: string, account: string): AccountUser {
  return {
    name: `system:serviceaccount:${namespace}:${account}`,
    groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`],
  };
}
