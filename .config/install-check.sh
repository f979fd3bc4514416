#!/usr/bin/env bash
# Resolves an install of the packed package next to other versions of packages that the server or sandbox can use: no package
# manager may reject it. Downloads only registry metadata, no packages.
#   install-check.sh TARBALL
set -euo pipefail
tarball=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Versions used in apps. Two versions of a package need two apps, and some of these packages are incompatible with each other.
beside=(
  'ioredis@5 ws@7 hono@4.6 jiti@1 werift@0.22 @openai/agents@0.3'
  'openai@5 ws@8.18.0 hono@4.12'
  'openai@6 @mastra/core@0.20'
)

check() { # name of the package manager, packages, command
  local name=$1 packages=$2 app dependencies=""
  shift 2
  app=$(mktemp -d "$work/XXXXXX")
  for package in $packages; do dependencies+="\"${package%@*}\": \"${package##*@}\", "; done
  echo "{ \"private\": true, \"dependencies\": { $dependencies \"voice-agent-element\": \"file:$tarball\" } }" > "$app/package.json"
  if ! (cd "$app" && "$@" > log 2>&1); then
    echo "$name rejects the install next to: $packages" >&2
    tail -n 30 "$app/log" >&2
    exit 1
  fi
  echo "$name installs next to $packages"
}

npm_options=(install --package-lock-only --ignore-scripts --no-audit --no-fund)
# The installed npm for every app, and the other package managers for the first one.
for packages in "${beside[@]}"; do check npm "$packages" npm "${npm_options[@]}"; done
for version in 10 11; do check "npm-$version" "${beside[0]}" npm exec --yes -- "npm@$version" "${npm_options[@]}"; done
check pnpm-10 "${beside[0]}" npm exec --yes -- pnpm@10 install --lockfile-only --ignore-scripts
