/** Examples of commands that carry none of their own, shown by help. */

const nodes = (verb: string, does: string) => `# ${does} a node\nkubectl ${verb} my-node`;
const rollout = (verb: string, does: string) => `# ${does} a deployment\nkubectl rollout ${verb} deployment/web`;
const remove = (what: string, name: string) => `# Take the ${what} ${name} out of the kubeconfig\nkubectl config delete-${what} ${name}`;

export const examples: Readonly<Record<string, string>> = {
  "api-resources":
    "# Every type that the server has\nkubectl api-resources\n\n# Those of one group, with their verbs\nkubectl api-resources --api-group=apps -o wide",
  "api-versions": "# Every group and version\nkubectl api-versions",
  "apply set-last-applied": "# Make the annotation say what the file says\nkubectl apply set-last-applied -f deploy.yaml",
  "apply view-last-applied": "# What was applied last to a deployment\nkubectl apply view-last-applied deployment/web -o json",
  attach:
    "# Output of the process in the first container of a pod\nkubectl attach mypod\n\n# With a terminal, in a named container\nkubectl attach mypod -c app -i -t",
  "auth whoami": "# Who the server thinks that I am\nkubectl auth whoami\n\n# With all attributes, as JSON\nkubectl auth whoami -o json",
  autoscale:
    "# Between 2 and 10 pods, at 80% of the requested CPU\nkubectl autoscale deployment web --min=2 --max=10 --cpu=80%\n\n# By memory\nkubectl autoscale deployment web --max=5 --memory=200Mi",
  "certificate approve": "# Approve a request\nkubectl certificate approve csr-x",
  "certificate deny": "# Deny a request\nkubectl certificate deny csr-x",
  "cluster-info": "# Where the control plane and its services answer\nkubectl cluster-info",
  "config current-context": "# The context in use\nkubectl config current-context",
  "config delete-cluster": remove("cluster", "lab"),
  "config delete-context": remove("context", "lab"),
  "config delete-user": remove("user", "joe"),
  "config get-clusters": "# Names of the clusters\nkubectl config get-clusters",
  "config get-contexts": "# All contexts\nkubectl config get-contexts\n\n# One of them\nkubectl config get-contexts lab",
  "config get-users": "# Names of the users\nkubectl config get-users",
  "config rename-context": "# Call a context otherwise\nkubectl config rename-context lab test",
  "config set": "# Another address of a cluster\nkubectl config set clusters.lab.server https://10.0.0.1:6443",
  "config set-cluster":
    "# A cluster with its authority in the file itself\nkubectl config set-cluster lab --server=https://10.0.0.1:6443 --certificate-authority=ca.crt --embed-certs",
  "config set-context": "# Another namespace in the context in use\nkubectl config set-context --current --namespace=blue",
  "config set-credentials":
    "# A user with a token\nkubectl config set-credentials joe --token=abc\n\n# A user whose program brings credentials\nkubectl config set-credentials joe --exec-command=/opt/login --exec-api-version=client.authentication.k8s.io/v1",
  "config unset": "# No context in use any more\nkubectl config unset current-context",
  "config use-context": "# Work with another cluster\nkubectl config use-context lab",
  "config view":
    "# The merged kubeconfig, without secrets\nkubectl config view\n\n# What the context in use needs, as a file that stands alone\nkubectl config view --minify --flatten --raw",
  cordon: nodes("cordon", "Put no more pods on"),
  "create clusterrole":
    "# May read pods of every namespace\nkubectl create clusterrole reader --verb=get,list,watch --resource=pods\n\n# May ask for a path\nkubectl create clusterrole checker --verb=get --non-resource-url=/healthz",
  "create clusterrolebinding":
    "# Make a user and a group administrators\nkubectl create clusterrolebinding admins --clusterrole=cluster-admin --user=joe --group=ops",
  "create cronjob": '# Every five minutes\nkubectl create cronjob tick --image=busybox --schedule="*/5 * * * *" -- date',
  "create ingress":
    '# A path of a host, and everything else\nkubectl create ingress web --rule="a.example/shop*=shop:80" --default-backend=web:80\n\n# With TLS\nkubectl create ingress web --rule="a.example/*=web:80,tls=web-tls"',
  "create job":
    "# Run a command once\nkubectl create job hello --image=busybox -- echo hello\n\n# Run a cron job now\nkubectl create job now --from=cronjob/tick",
  "create namespace": "# A namespace\nkubectl create namespace blue",
  "create poddisruptionbudget":
    "# Half of the pods must stay\nkubectl create poddisruptionbudget web --selector=app=web --min-available=50%",
  "create priorityclass": '# Pods that come before others\nkubectl create priorityclass high --value=1000 --description="comes first"',
  "create quota": "# Bounds of a namespace\nkubectl create quota small --hard=pods=10,cpu=4,memory=8Gi",
  "create role": "# May read pods here\nkubectl create role reader --verb=get,list,watch --resource=pods",
  "create rolebinding":
    "# A service account may read what the role says\nkubectl create rolebinding readers --role=reader --serviceaccount=blue:app",
  "create secret docker-registry":
    "# Credentials for pulling images\nkubectl create secret docker-registry pull --docker-server=registry.example --docker-username=joe --docker-password=secret",
  "create secret generic":
    "# From literals and a file\nkubectl create secret generic keys --from-literal=user=joe --from-file=key=./id_ed25519",
  "create secret tls": "# A certificate with its key\nkubectl create secret tls web --cert=tls.crt --key=tls.key",
  "create service clusterip":
    "# Port 80, on 8080 of the pods\nkubectl create service clusterip web --tcp=80:8080\n\n# Without an address\nkubectl create service clusterip web --clusterip=None",
  "create service externalname": "# A name for a host elsewhere\nkubectl create service externalname db --external-name=db.example",
  "create service loadbalancer": "# With an address outside\nkubectl create service loadbalancer web --tcp=80:8080",
  "create service nodeport": "# On a port of every node\nkubectl create service nodeport web --tcp=80:8080 --node-port=30080",
  "create serviceaccount": "# An account for pods\nkubectl create serviceaccount app",
  "create token": "# A token for ten minutes\nkubectl create token app --duration=10m",
  diff: "# What applying a file would change\nkubectl diff -f deploy.yaml\n\n# Of what stdin brings\ncat deploy.yaml | kubectl diff -f -",
  edit: "# A service, in the default editor\nkubectl edit service/web\n\n# A job as JSON, in another editor\nKUBE_EDITOR=nano kubectl edit job/hello -o json",
  events:
    "# What happened here lately\nkubectl events\n\n# Warnings about a pod, as they come\nkubectl events --for pod/web-1 --types=Warning --watch",
  "plugin list": "# Programs on PATH that kubectl runs as commands\nkubectl plugin list",
  replace:
    "# Put an object in the place of the one that is there\nkubectl replace -f pod.json\n\n# Delete it first, and make it anew\nkubectl replace --force -f pod.json",
  "rollout history":
    "# Revisions of a deployment\nkubectl rollout history deployment/web\n\n# One of them whole\nkubectl rollout history deployment/web --revision=3",
  "rollout pause": rollout("pause", "Hold back changes of"),
  "rollout restart": rollout("restart", "Replace every pod of"),
  "rollout resume": rollout("resume", "Let changes go on in"),
  "rollout status": "# Wait until a deployment is rolled out\nkubectl rollout status deployment/web --timeout=60s",
  "rollout undo":
    "# Back to the revision before\nkubectl rollout undo deployment/web\n\n# Back to a certain one\nkubectl rollout undo deployment/web --to-revision=3",
  "set env":
    "# Set one variable and take another away\nkubectl set env deployment/web STORAGE=/local DEBUG-\n\n# Show them\nkubectl set env deployment/web --list",
  "set resources": "# Bounds of one container\nkubectl set resources deployment web -c app --limits=cpu=200m,memory=64Mi",
  "set selector": "# Let a service choose other pods\nkubectl set selector service web app=web,tier=front",
  "set serviceaccount": "# Run a deployment's pods under another account\nkubectl set serviceaccount deployment web app",
  "set subject": "# One user more in a binding\nkubectl set subject rolebinding readers --user=joe",
  "top node": "# What nodes use\nkubectl top node\n\n# One of them\nkubectl top node my-node",
  "top pod":
    "# What pods use here, the hungriest first\nkubectl top pod --sort-by=memory\n\n# Each container of a pod\nkubectl top pod web-1 --containers",
  uncordon: nodes("uncordon", "Put pods on"),
  version: "# Both versions\nkubectl version\n\n# Only ours, as YAML\nkubectl version --client -o yaml",
};
