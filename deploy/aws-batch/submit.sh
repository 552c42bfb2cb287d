#!/usr/bin/env bash
# Submits the whole world to AWS Batch as an array job, and the overviews after it:
#
#     deploy/aws-batch/submit.sh QUEUE [TASKS]      40 tasks
#
# First write your account, region and bucket into job-definition.json. The job's role may read and write
# the bucket; so no key is needed. Submitted again, the array does what is missing.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
queue="${1:?expected the job queue}"
tasks="${2:-40}"

definition="$(aws batch register-job-definition \
    --cli-input-json "file://$here/job-definition.json" \
    --query jobDefinitionArn --output text)"
array="$(aws batch submit-job --job-name floe --job-queue "$queue" --job-definition "$definition" \
    --array-properties "size=$tasks" --query jobId --output text)"
# AWS Batch starts this only where all tasks succeeded.
aws batch submit-job --job-name floe-overviews --job-queue "$queue" --job-definition "$definition" \
    --depends-on "jobId=$array" --container-overrides command=overviews --query jobId --output text
