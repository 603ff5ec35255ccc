#!/usr/bin/env bash
# Runs a command whenever the process of a pid file is gone or hangs, until a file says that it is meant to be gone.
#   keeper.sh OWN PIDFILE STOPPED BEAT COMMAND…   OWN: where its own pid is written, for when nobody does that who started it
#   BEAT: what that process writes anew every few seconds: a number, a word (ready: all of it does its work), and words for people
# As a service of systemd (NOTIFY_SOCKET) it says when all is ready, and that it and the process go on.
# Everything in the loop is built into the shell: a look costs no process.
set -uo pipefail
own=$1 pidfile=$2 stopped=$3 beatfile=$4
shift 4
trap 'exit 0' TERM INT HUP
exec 3<> <(:) # a pipe that nobody writes to: reading from it is sleeping

# Nobody else speaks for the service: containerd would say that all is ready.
socket=${NOTIFY_SOCKET:-}
unset NOTIFY_SOCKET WATCHDOG_USEC WATCHDOG_PID
tell() { [ -z "$socket" ] || NOTIFY_SOCKET=$socket systemd-notify "$@" 3<&- || true; }

# Start tick of a process that is not a zombie.
tick() {
  local stat
  read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
  stat=${stat##*) } # the name in parentheses may hold spaces
  set -- $stat
  [ "$1" != Z ] && ticks=${20}
}

lives() {
  local text
  { read -r text <"$1" || [ -n "${text:-}" ]; } 2>/dev/null || return 1
  [[ $text =~ \"pid\":([0-9]+),\"startTick\":([0-9]+) ]] || return 1
  pid=${BASH_REMATCH[1]}
  local written=${BASH_REMATCH[2]}
  tick "$pid" && [ "$ticks" = "$written" ]
}

beat='' silent=0 told=0 ready=''
# Looks are counted, not seconds: a machine that slept has missed nothing.
mostsilent=${SPOKE_MOST_SILENT:-120}
listen() {
  local text='' word words
  { read -r text <"$beatfile"; } 2>/dev/null || return 0 # none yet: it starts
  if [ "$text" = "$beat" ]; then
    silent=$((silent + 1))
    if [ "$silent" -ge "$mostsilent" ]; then
      printf 'the supervisor hangs: ending it\n'
      kill -9 "$pid" 2>/dev/null
      silent=0
    fi
    return 0
  fi
  beat=$text silent=0
  read -r _ word words <<<"$text"
  if [ -z "$ready" ] && [ "$word" = ready ]; then
    ready=yes
    tell --ready --status="$words"
  fi
  # Beats come every few seconds: by every second one a service says that it goes on.
  told=$((told + 1))
  [ $((told % 2)) = 0 ] || tell WATCHDOG=1 "STATUS=$words"
}

mkdir -p -m 700 "${own%/*}"
tick $$ && read -r boot </proc/sys/kernel/random/boot_id &&
  printf '{"pid":%d,"startTick":%d,"bootId":"%s"}' $$ "$ticks" "$boot" >"$own.$$" && mv "$own.$$" "$own"

pause=1
while [ -d "${pidfile%/*}" ] && [ ! -e "$stopped" ]; do
  if lives "$pidfile"; then
    pause=1
    listen
  else
    printf 'the supervisor is gone: starting it again\n'
    silent=0
    # What the one before wrote last says nothing of the next one.
    [ ! -e "$beatfile" ] || : >"$beatfile"
    "$@" 3<&- || pause=$((pause < 16 ? pause * 2 : 16))
  fi
  read -r -t "$pause" -u 3 _ || true
done
