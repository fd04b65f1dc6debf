#!/usr/bin/env bash
# Starts a real PostgreSQL for the tests, and PgBouncer in transaction mode before it: Debian's packages, a private
# cluster in a temporary folder, loopback only, as an ordinary user (root only installs packages).
#
#   tooling/ci/postgres-start.sh FILE    writes MODELKEEP_TEST_POSTGRES and MODELKEEP_TEST_PGBOUNCER to FILE; again changes nothing
#   tooling/ci/postgres-stop.sh          stops both and forgets the data
#
# POSTGRES_CI_DIR (default /tmp/modelkeep-postgres) holds data and logs; POSTGRES_CI_PORT is its port (default 7632), PgBouncer's the next.
set -euo pipefail

environment_file=${1:?usage: postgres-start.sh FILE}
directory=${POSTGRES_CI_DIR:-/tmp/modelkeep-postgres}
port=${POSTGRES_CI_PORT:-7632}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
# PostgreSQL refuses to run as root.
as_user() { if [ "$(id -u)" = 0 ]; then setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$directory" "$@"; else "$@"; fi; }
binaries() { ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1; }

missing=()
[ -n "$(binaries)" ] && [ -x "$(binaries)/initdb" ] || missing+=(postgresql)
[ -x /usr/sbin/pgbouncer ] || missing+=(pgbouncer)
if [ "${#missing[@]}" != 0 ]; then
  as_root apt-get update -qq
  # Debian would start servers of its own, on the usual ports.
  as_root mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] || echo "create_main_cluster = false" | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
PATH="$(binaries):$PATH"

answers() { as_user psql --quiet --no-psqlrc --host 127.0.0.1 --port "$1" --user modelkeep --command "SELECT 1" modelkeep >/dev/null 2>&1; }
wait_for() {
  for _ in $(seq 1 100); do
    if answers "$1"; then return 0; fi
    sleep 0.1
  done
  echo "postgres-start: nothing answers on port $1; the logs are in $directory" >&2
  tail -n 5 "$directory"/*.log >&2 || true
  exit 1
}

if ! answers "$port" || ! answers $((port + 1)); then
  "$(dirname "$0")/postgres-stop.sh"
  rm -rf "$directory"
  mkdir -p "$directory"
  [ "$(id -u)" = 0 ] && chown nobody:nogroup "$directory"
  cd "$directory"
  as_user initdb --pgdata "$directory/data" --username modelkeep --auth trust --encoding UTF8 --locale C.UTF-8 --no-sync >"$directory/initdb.log"
  cat >>"$directory/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = ''
max_connections = 100
shared_buffers = 128MB
END
  as_user pg_ctl --pgdata "$directory/data" --log "$directory/postgres.log" --wait start >/dev/null
  as_user createdb --host 127.0.0.1 --port "$port" --username modelkeep modelkeep
  cat >"$directory/pgbouncer.ini" <<END
[databases]
modelkeep = host=127.0.0.1 port=$port
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $((port + 1))
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 200
pidfile = $directory/pgbouncer.pid
logfile = $directory/pgbouncer.log
END
  # auth_type any connects to the server as the user that the database names.
  sed -i "s/^modelkeep = .*/& user=modelkeep/" "$directory/pgbouncer.ini"
  as_user /usr/sbin/pgbouncer --daemon --quiet "$directory/pgbouncer.ini"
  cd - >/dev/null
fi
wait_for "$port"
wait_for $((port + 1))

cat >"$environment_file" <<END
MODELKEEP_TEST_POSTGRES=postgres://modelkeep@127.0.0.1:$port/modelkeep
MODELKEEP_TEST_PGBOUNCER=postgres://modelkeep@127.0.0.1:$((port + 1))/modelkeep
END
echo "postgres-start: $("$(binaries)/postgres" --version) answers on port $port, $(/usr/sbin/pgbouncer --version | head -n 1) on port $((port + 1))"
