#!/usr/bin/env bash
# After the job array: the map's coarse levels, and how all tiles stand.
#SBATCH --job-name=floe-finish
#SBATCH --mem=2G
#SBATCH --time=01:00:00
#SBATCH --output=floe-finish-%j.log
set -euo pipefail

cd "${FLOE_DIRECTORY:?the directory with floe.toml}"
floe="${FLOE:-floe}"
"$floe" overviews
"$floe" status
