#!/usr/bin/env bash
# Runs a command whenever the process of a pid file is gone, until a file says that it is meant to be gone.
#   keeper.sh OWN PIDFILE STOPPED COMMAND…        OWN: where its own pid is written, for when nobody does that who started it
# Everything in the loop is built into the shell: a look costs no process.
set -uo pipefail
own=$1 pidfile=$2 stopped=$3
shift 3
trap 'exit 0' TERM INT HUP
exec 3<> <(:) # a pipe that nobody writes to: reading from it is sleeping

# Start tick of a process that is not a zombie.
tick() {
  local stat
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  stat=${stat##*) } # the name in parentheses may hold spaces
  set -- $stat
  [ "$1" != Z ] && ticks=${20}
}

lives() {
  local text pid
  { read -r text <"$1" || [ -n "${text:-}" ]; } 2>/dev/null || return 1
  [[ $text =~ \"pid\":([0-9]+),\"startTick\":([0-9]+) ]] || return 1
  pid=${BASH_REMATCH[1]}
  local written=${BASH_REMATCH[2]}
  tick "$pid" && [ "$ticks" = "$written" ]
}

mkdir -p -m 700 "${own%/*}"
tick $$ && read -r boot </proc/sys/kernel/random/boot_id &&
  printf '{"pid":%d,"startTick":%d,"bootId":"%s"}' $$ "$ticks" "$boot" >"$own.$$" && mv "$own.$$" "$own"

pause=1
while [ -d "${pidfile%/*}" ] && [ ! -e "$stopped" ]; do
  if lives "$pidfile"; then
    pause=1
  else
    printf 'the supervisor is gone: starting it again\n'
    "$@" 3<&- || pause=$((pause < 16 ? pause * 2 : 16))
  fi
  read -r -t "$pause" -u 3 _ || true
done
