#!/usr/bin/env bash
# One task of a job array: its part of the land tiles. deploy/slurm/submit.sh submits it.
#SBATCH --job-name=floe
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --time=06:00:00
#SBATCH --output=floe-%A_%a.log
#SBATCH --requeue
set -euo pipefail

# The checkout with floe.toml and tile_list.geojson, and the program.
cd "${FLOE_DIRECTORY:?the directory with floe.toml}"
floe="${FLOE:-floe}"

status=0
"$floe" process --shard auto || status=$?
case "$status" in
    # What may pass is tried again, a few times.
    69 | 75)
        if [[ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]] && command -v scontrol >/dev/null; then
            scontrol requeue "$SLURM_JOB_ID"
        fi
        ;;
esac
exit "$status"
