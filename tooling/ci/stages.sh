# Stages of a long run, each timed and limited; sourced by .ci/run.

stage_limit=${MODELKEEP_CI_STAGE_SECONDS:-1500}
stage_names=()
stage_outcomes=()
stage_failures=0

# stage NAME COMMAND…: runs the command, whatever came before, and notes how it ended.
stage() {
  local name=$1 start=$SECONDS status=0 outcome=ok
  shift
  printf '\n=== %s\n' "$name"
  timeout --kill-after=10 "$stage_limit" "$@" </dev/null || status=$?
  if [ "$status" = 124 ]; then
    outcome="FAILED: stopped after $stage_limit s"
  elif [ "$status" != 0 ]; then
    outcome="FAILED: exit code $status"
  fi
  [ "$status" = 0 ] || stage_failures=$((stage_failures + 1))
  stage_names+=("$name")
  stage_outcomes+=("$((SECONDS - start)) s, $outcome")
}

# The same, for a command that counts nothing itself: it is one thing that passes or fails.
stage_of_one() {
  local before=$stage_failures
  stage "$@"
  if [ "$stage_failures" = "$before" ]; then echo "1 passed, 0 failed"; else echo "0 passed, 1 failed"; fi
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
