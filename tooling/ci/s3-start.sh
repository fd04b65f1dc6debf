#!/bin/sh
# Starts a real S3 server for the tests: Ceph's RADOS gateway from Debian, one monitor and one OSD that keeps
# everything in memory, all on loopback and as an ordinary process of the calling user (root only installs packages).
#
#   tooling/ci/s3-start.sh FILE     writes what the tests need to FILE as KEY=VALUE lines; running it again changes nothing
#   tooling/ci/s3-stop.sh           stops it and forgets the data
#
# S3_CI_DIR (default /tmp/modelkeep-s3) holds its configuration and logs; S3_CI_PORT is the gateway's port (default 7480).
set -eu

environment_file=${1:?usage: s3-start.sh FILE}
directory=${S3_CI_DIR:-/tmp/modelkeep-s3}
port=${S3_CI_PORT:-7480}
monitor_port=$((port + 1))
bucket=modelkeep-test
access_key=modelkeep-test-access
secret_key=modelkeep-test-secret-not-for-production
configuration="$directory/ceph.conf"

ceph_command() { ceph --conf "$configuration" --connect-timeout 20 "$@"; }
running() { [ -s "$directory/$1.pid" ] && kill -0 "$(cat "$directory/$1.pid")" 2>/dev/null; }
answers() { curl --silent --output /dev/null --max-time 2 "http://127.0.0.1:$port/"; }
start() {
  name=$1
  shift
  # A new session, so that the daemons outlive the step of a CI job that called this script.
  setsid "$@" >"$directory/$name.out" 2>&1 </dev/null &
  echo $! >"$directory/$name.pid"
}
wait_until() {
  what=$1
  shift
  for _ in $(seq 1 120); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.5
  done
  echo "s3-start: $what did not happen within a minute; the logs are in $directory" >&2
  tail -n 5 "$directory"/*.out >&2 2>/dev/null || true
  exit 1
}

install_packages() {
  missing=""
  command -v radosgw >/dev/null || missing="$missing radosgw"
  command -v ceph-mon >/dev/null || missing="$missing ceph-mon"
  command -v ceph-osd >/dev/null || missing="$missing ceph-osd"
  command -v ceph >/dev/null || missing="$missing ceph-common"
  command -v curl >/dev/null || missing="$missing curl"
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo"; fi
  $as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

configure() {
  rm -rf "$directory"
  mkdir -p "$directory/mon" "$directory/osd" "$directory/log" "$directory/run"
  cat >"$configuration" <<END
[global]
fsid = 5f1d2b6e-3c53-4a77-9d3b-6f0f4e6a1c01
mon host = v1:127.0.0.1:$monitor_port
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 2000
paxos propose interval = 0.05
paxos min wait = 0.01
run dir = $directory/run
admin socket =
pid file =
log file = $directory/log/\$name.log
crash dir = $directory/log

[mon]
mon data = $directory/mon
mon data avail crit = 1
mon data avail warn = 2

[osd]
osd data = $directory/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd class update on start = false

[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw dns name = 127.0.0.1
rgw enable usage log = false
rgw enable gc threads = true
END
}

osd_is_up() {
  running osd || start osd ceph-osd --conf "$configuration" --id 0 --foreground
  ceph_command osd stat | grep -q "1 up"
}

start_cluster() {
  monmaptool --create --clobber --fsid 5f1d2b6e-3c53-4a77-9d3b-6f0f4e6a1c01 \
    --addv ci "[v1:127.0.0.1:$monitor_port]" "$directory/monmap" >/dev/null
  ceph-mon --conf "$configuration" --id ci --mkfs --monmap "$directory/monmap" 2>"$directory/mkfs-mon.out"
  start mon ceph-mon --conf "$configuration" --id ci --foreground
  osd_uuid=1c9a3d0e-88d1-4c1f-8b29-0a7a5d9b2f10
  # In its first moments the monitor refuses commands ("wrong fsid"): asked again until it takes them.
  wait_until "the OSD's registration" ceph_command osd new $osd_uuid
  # A memstore is created and kept by the same process: there is nothing on disk to come back to.
  ceph-osd --conf "$configuration" --id 0 --osd-uuid $osd_uuid --mkfs 2>"$directory/mkfs-osd.out"
  wait_until "the OSD's start" osd_is_up
  start rgw radosgw --conf "$configuration" --name client.rgw --foreground
  wait_until "the gateway's first answer" answers
}

install_packages
if ! { running rgw && answers; }; then
  "$(dirname "$0")/s3-stop.sh"
  configure
  start_cluster
fi
admin() { radosgw-admin --conf "$configuration" --name client.rgw "$@" >/dev/null 2>"$directory/admin.out"; }
admin user info --uid ci || wait_until "the user's creation" \
  admin user create --uid ci --display-name CI --access-key "$access_key" --secret-key "$secret_key"

# curl signs the request that makes the bucket (200 when it is there already and ours); the digest is of an empty body.
wait_until "the bucket's creation" curl --silent --fail --request PUT --aws-sigv4 "aws:amz:us-east-1:s3" \
  --header "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" \
  --user "$access_key:$secret_key" "http://127.0.0.1:$port/$bucket"

cat >"$environment_file" <<END
MODELKEEP_TEST_S3_ENDPOINT=http://127.0.0.1:$port
MODELKEEP_TEST_S3_BUCKET=$bucket
MODELKEEP_TEST_S3_REGION=us-east-1
AWS_ACCESS_KEY_ID=$access_key
AWS_SECRET_ACCESS_KEY=$secret_key
END
echo "s3-start: $(radosgw --version | cut -d' ' -f1-3) answers on http://127.0.0.1:$port, bucket $bucket"
