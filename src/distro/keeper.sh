#!/usr/bin/env bash
# Runs a command whenever the process of a pid file is gone, until a file says that it is meant to be gone.
#   keeper.sh PIDFILE STOPPED COMMAND…
# Everything in the loop is built into the shell: a look costs no process.
set -uo pipefail
pidfile=$1 stopped=$2
shift 2
trap 'exit 0' TERM INT HUP
exec 3<> <(:) # a pipe that nobody writes to: reading from it is sleeping

lives() {
  local text pid tick stat
  read -r text 2>/dev/null <"$pidfile" || [ -n "${text:-}" ] || return 1
  [[ $text =~ \"pid\":([0-9]+),\"startTick\":([0-9]+) ]] || return 1
  pid=${BASH_REMATCH[1]} tick=${BASH_REMATCH[2]}
  read -r stat 2>/dev/null <"/proc/$pid/stat" || return 1
  stat=${stat##*) } # the name in parentheses may hold spaces
  set -- $stat
  [ "$1" != Z ] && [ "${20}" = "$tick" ]
}

pause=1
while [ -d "${pidfile%/*}" ] && [ ! -e "$stopped" ]; do
  if lives; then
    pause=1
  else
    printf 'the supervisor is gone: starting it again\n'
    "$@" 3<&- || pause=$((pause < 16 ? pause * 2 : 16))
  fi
  read -r -t "$pause" -u 3 _ || true
done
