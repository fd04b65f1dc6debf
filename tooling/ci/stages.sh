# Stages of a long run, each timed and limited; sourced by .ci/run.

stage_limit=${MODELKEEP_CI_STAGE_SECONDS:-1500}
stage_names=()
stage_outcomes=()
stage_failures=0

# stage NAME COMMAND…: runs the command, whatever came before, and notes how it ended.
stage() {
  local name=$1 start=$SECONDS status=0
  shift
  printf '\n=== %s\n' "$name"
  timeout --kill-after=10 "$stage_limit" "$@" </dev/null || status=$?
  ended "$name" "$((SECONDS - start))" "$status"
}

ended() {
  local name=$1 seconds=$2 status=$3 outcome=ok
  if [ "$status" = 124 ]; then
    outcome="FAILED: stopped after $stage_limit s"
  elif [ "$status" != 0 ]; then
    outcome="FAILED: exit code $status"
  fi
  [ "$status" = 0 ] || stage_failures=$((stage_failures + 1))
  stage_names+=("$name")
  stage_outcomes+=("$seconds s, $outcome")
}

# The same, for a command that counts nothing itself: it is one thing that passes or fails.
stage_of_one() {
  local before=$stage_failures
  stage "$@"
  count_one "$before"
}

count_one() {
  if [ "$stage_failures" = "$1" ]; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
}

# Stages of one that run beside others, one after the other: they wait for the network more than they compute.
#
#   beside NAME COMMAND…    notes one
#   beside_begin FOLDER     starts them; what they print is kept in the folder, which is there
#   beside_end              waits for them, and tells of each as if it had run now
#   beside_stop             ends the one that is running, with all that it has started, and the rest
beside_names=()
beside_commands=()

beside() {
  beside_names+=("$1")
  shift
  beside_commands+=("$(printf '%q ' "$@")")
}

beside_begin() {
  beside_folder=$1
  (
    # timeout passes it on to everything that the command has started.
    trap 'kill "${running:-}" 2>/dev/null; wait; exit 1' TERM
    for index in "${!beside_commands[@]}"; do
      start=$SECONDS status=0
      timeout --kill-after=10 "$stage_limit" bash -c "${beside_commands[$index]}" </dev/null >"$beside_folder/$index.log" 2>&1 &
      running=$!
      wait "$running" || status=$?
      echo "$((SECONDS - start)) $status" >"$beside_folder/$index.ended"
    done
  ) &
  beside_process=$!
}

beside_end() {
  wait "$beside_process"
  beside_process=
  local index before seconds status
  for index in "${!beside_names[@]}"; do
    before=$stage_failures
    printf '\n=== %s\n' "${beside_names[$index]}"
    cat "$beside_folder/$index.log"
    read -r seconds status <"$beside_folder/$index.ended"
    ended "${beside_names[$index]}" "$seconds" "$status"
    count_one "$before"
  done
}

beside_stop() {
  [ -n "${beside_process:-}" ] || return 0
  kill "$beside_process" 2>/dev/null
  wait "$beside_process" 2>/dev/null
}

# Prints the table of stages; fails if any stage failed.
stages_end() {
  printf '\n=== Stages\n'
  for index in "${!stage_names[@]}"; do
    printf '%-40s %s\n' "${stage_names[$index]}" "${stage_outcomes[$index]}"
  done
  printf 'In all: %s stages in %s s, %s of them failed\n' "${#stage_names[@]}" "$SECONDS" "$stage_failures"
  [ "$stage_failures" = 0 ]
}
