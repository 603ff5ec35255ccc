#!/usr/bin/env bash
# Upstream's own test/cmd scenarios, unchanged, with our kubectl against our API server and controllers alone.
#   scripts/kubectl/test-cmd.sh KUBE_ROOT [SCENARIO…]      SCENARIO: run_pod_tests, … ; without any: all that test/cmd starts
# KUBE_ROOT is a copy of upstream's tree that may be written to (hack, test/cmd, test/fixtures, test/e2e/testing-manifests, third_party/forked/shell2junit).
# KUBECTL: another program than ours. Each scenario gets a home, a namespace and ${PATIENCE:-600} seconds. One line each: ok or FAILED, with the end
# of its log; the logs are kept in $LOGS (default: a new folder).
set -uo pipefail
root=$(cd "$1" && pwd) here=$(cd "$(dirname "$0")/../.." && pwd); shift
logs=${LOGS:-$(mktemp -d /tmp/spoke-test-cmd-XXXXXX)} node=${NODE:-node} port=${PORT:-16643}
mkdir -p "$logs/bin"
kubectl=${KUBECTL:-}
if [ -z "$kubectl" ]; then
  kubectl="$logs/kubectl"
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node" "$here/src/cli/main.ts" >"$kubectl"; chmod +x "$kubectl"
fi
mkdir -p "$root/_output/bin"; ln -sf "$(realpath "$kubectl")" "$root/_output/bin/kubectl"
flags=(--service-range 10.0.0.0/24 --apiserver-flag "token-auth-file=$root/hack/testdata/auth-tokens.csv" --apiserver-flag authorization-mode=RBAC,AlwaysAllow
  --apiserver-flag enable-admission-plugins=LimitRanger,ResourceQuota
  --apiserver-flag disable-admission-plugins=ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,StorageObjectInUseProtection)
"$node" "$here/scripts/serve-alone.ts" "$logs/config" --controllers --port "$port" "${flags[@]}" >"$logs/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null' EXIT
for _ in $(seq 600); do [ -s "$logs/config" ] && curl -sk "https://127.0.0.1:$port/readyz" >/dev/null && break; sleep 0.1; done
# Where scenarios look for the server's certificate.
sed 's/.*"certificate-authority-data":"\([^"]*\)".*/\1/' "$logs/config" | base64 -d >"$logs/apiserver.crt"
KUBECONFIG=$logs/config "$kubectl" create -f - >/dev/null <<N
{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "127.0.0.1", "annotations": {"save-managers": "true"}}, "status": {"capacity": {"memory": "1Gi"}}}
N
scenarios=("$@")
[ ${#scenarios[@]} -gt 0 ] || mapfile -t scenarios < <(grep -oE 'record_command run_\w+' "$root/test/cmd/legacy-script.sh" | awk '{print $2}' | awk '!seen[$0]++')
passed=0
for scenario in "${scenarios[@]}"; do
  log=$logs/$scenario.log
  # runTests is upstream's own: it makes the variables that scenarios use, runs WHAT and clears what is left.
  (cd "$root" && unset KUBECONFIG && SECURE_API_PORT=$port TMPDIR=$logs KUBE_JUNIT_REPORT_DIR=$logs/junit WHAT=$(sed 's/^run_//; s/_tests$//' <<<"$scenario") SCENARIO=$scenario ALLOW_SKEW=y SUPPORTED_RESOURCES='*' timeout ${PATIENCE:-600} bash -c '
    set -o errexit -o nounset -o pipefail
    KUBE_ROOT=$PWD
    source hack/lib/init.sh; source hack/lib/test.sh; source test/cmd/legacy-script.sh
    trap - ERR
    kube::util::ensure-temp-dir; HOME=$KUBE_TEMP; kube::util::ensure-gnu-sed; trap "stop-proxy; rm -rf $KUBE_TEMP" EXIT
    case $SCENARIO in *_tests) ;; *) eval "run_${WHAT}_tests() { $SCENARIO; }" ;; esac
    CONTEXT=test
    kubectl config set-credentials test-admin --token admin-token
    kubectl config set-cluster local --insecure-skip-tls-verify --server "https://127.0.0.1:${SECURE_API_PORT}"
    kubectl config set-context test --user test-admin --cluster local
    kubectl config use-context test
    SUPPORTED_RESOURCES=("*")
    # In upstream'"'"'s one run of all there is a namespace of the scenario before.
    create_and_use_new_namespace
    runTests') >"$log" 2>&1 </dev/null
  rc=$?
  if [ $rc -eq 0 ]; then passed=$((passed + 1)); echo "ok     $scenario"; else echo "FAILED $scenario (exit $rc)"; grep -avE '^\s*$|^\+\+\+' "$log" | tail -${LINES_SHOWN:-6} | cut -c1-300 | sed 's/^/         /'; fi
done
echo "$passed of ${#scenarios[@]} scenarios passed; logs are in $logs"
