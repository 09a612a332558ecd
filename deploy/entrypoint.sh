#!/bin/sh
# What a container runs: `lapwing` with a role or any other command.
set -eu

# Chromium keeps pages in a sandbox that is made of user namespaces. Engines refuse those to containers that are not
# started with seccomp.json beside this file. Without it, whatever breaks out of a page has the rights of this user: so
# the sandbox is given up only where it cannot be had, and not in silence. LAPWING_BROWSER_ARGS, set to whatever, even to
# nothing, is taken for a decision: without --no-sandbox in it, a worker has the sandbox or does not start.
check_sandbox() {
  if [ "$(id -u)" -eq 0 ] || unshare --user --map-root-user --pid --net --fork /usr/sbin/chroot / true 2>/dev/null; then
    return
  fi
  why='this container may not make user namespaces. Start it with --security-opt seccomp=deploy/seccomp.json'
  if [ -z "${LAPWING_BROWSER_ARGS+set}" ]; then
    export LAPWING_BROWSER_ARGS=--no-sandbox
    echo "Chromium runs without its sandbox: $why, to have it." >&2
    return
  fi
  case "$LAPWING_BROWSER_ARGS" in
    *--no-sandbox*) ;;
    *)
      echo "Chromium cannot have its sandbox: $why, or set LAPWING_BROWSER_ARGS=--no-sandbox to go without." >&2
      exit 1
      ;;
  esac
}

case "$*" in
  all | worker | start | 'start all' | 'start worker') check_sandbox ;;
esac

exec node "$(dirname "$(readlink -f "$0")")/../packages/cli/src/main.ts" "$@"
