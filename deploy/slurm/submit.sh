#!/usr/bin/env bash
# Submits the whole world as a job array, and the overviews after it:
#
#     deploy/slurm/submit.sh [TASKS [AT_A_TIME]]      40 tasks, 20 at a time
#
# The variables that name the store and its credentials are handed on from here; see README.md. FLOE is
# the program where it is not in PATH. Submitted again, the array does what is missing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
tasks="${1:-40}"
at_a_time="${2:-20}"
export FLOE_DIRECTORY="${FLOE_DIRECTORY:-$PWD}"

array="$(sbatch --parsable --export=ALL --array="0-$((tasks - 1))%$at_a_time" "$here/process.sh")"
# Also where a task failed: what is done is shown.
after="$(sbatch --parsable --export=ALL --dependency="afterany:$array" "$here/finish.sh")"
echo "tasks $array, overviews and status $after"
