#!/usr/bin/env bash
# The first process of a container of Spoke itself: starts the cluster, shows what its processes write, and stops it when it is asked to end.
#   contained.sh [up | server | agent] [OPTION…]     any other word is a command of spoke, which runs instead
# As process 1 it inherits whatever loses its parent; bash waits for all of them, so that no zombie stays.
set -uo pipefail

case ${1:-} in
  up | server | agent) ;;
  '' | -*) set -- server "$@" ;;
  *) exec spoke "$@" ;;
esac

ending='' starting=''
end() {
  ending=yes
  # What it had begun stays as it is, and is stopped below.
  [ -z "$starting" ] || kill -TERM "$starting" 2>/dev/null
}
trap end TERM INT
exec 3<> <(:) # a pipe that nobody writes to: reading from it is sleeping

spoke contained "$@" &
starting=$!
code=''
while [ -z "$code" ]; do
  wait "$starting"
  result=$?
  kill -0 "$starting" 2>/dev/null || code=$result # else a signal ended the waiting
done
starting=''

if [ -z "$ending" ] && [ "$code" = 0 ]; then
  tail -n 0 -F /var/lib/spoke/*/logs/*.log 2>/dev/null &
  writing=$!
  # Somebody may stop the cluster from inside, by spoke down or spoke destroy: then this container has nothing to do.
  while [ -z "$ending" ] && compgen -G '/run/spoke/*/keeper.pid' >/dev/null && ! compgen -G '/run/spoke/*/stopped' >/dev/null; do
    read -r -t 1 -u 3 _ || true
  done
  kill "$writing" 2>/dev/null
elif [ -z "$ending" ]; then
  spoke logs --tail 20 >&2
fi

spoke down || code=1
exit $((code == 143 ? 0 : code)) # asked to end while it started
