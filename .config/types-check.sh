#!/usr/bin/env bash
# Type-checks programs that use the packed package, in an app that also checks the types of its packages (`skipLibCheck: false`).
#   types-check.sh APP    a project with the package and its dependencies in node_modules, without optional packages
set -euo pipefail
app=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")

add() { # packages
  for package in "$@"; do
    [ -e "$app/node_modules/$package" ] && continue
    mkdir -p "$(dirname "$app/node_modules/$package")"
    cp -RL "$root/node_modules/$package" "$app/node_modules/$package"
  done
}

check() { # program, its global types, then pairs of an installed TypeScript and a `moduleResolution`
  local program=$1 types=$2
  shift 2
  cp "$root/tests/support/type-consumer/$program" "$app/$program"
  echo "{ \"compilerOptions\": { \"strict\": true, \"skipLibCheck\": false, \"target\": \"es2022\", \"noEmit\": true, \"types\": [$types] }, \"files\": [\"$program\"] }" > "$app/tsconfig.json"
  for pair in "$@"; do
    local compiler=${pair%:*} resolution=${pair#*:}
    node "$root/node_modules/$compiler/bin/tsc" -p "$app/tsconfig.json" --module "${resolution/bundler/esnext}" --moduleResolution "$resolution"
    echo "$program compiles with TypeScript $(node -p "require('$root/node_modules/$compiler/package.json').version"), moduleResolution $resolution"
  done
}

echo '{ "private": true, "type": "module" }' > "$app/package.json"
# The oldest supported TypeScript, the last release of each major version, the newest.
check page.ts '' ts54:node16 ts59:bundler typescript:node16 ts7:bundler ts7:node16
check define.ts '' ts54:bundler ts7:node16
add hono @types/node undici-types
# The types of hono require a TypeScript newer than 5.4.
check server.ts '"node"' ts7:bundler ts7:node16

# The frameworks, each with its packages.
check_framework() { # program, the package that compiles JSX (or nothing), packages
  local program=$1 jsx=${2:+", \"jsx\": \"preserve\", \"jsxImportSource\": \"$2\""}
  add "${@:3}"
  cp "$root/tests/support/type-consumer/$program" "$app/$program"
  echo "{ \"compilerOptions\": { \"strict\": true, \"skipLibCheck\": false, \"target\": \"es2022\", \"noEmit\": true, \"types\": []$jsx }, \"files\": [\"$program\"] }" > "$app/tsconfig.json"
  for compiler in typescript ts7; do
    node "$root/node_modules/$compiler/bin/tsc" -p "$app/tsconfig.json" --module esnext --moduleResolution bundler
    echo "$program compiles with TypeScript $(node -p "require('$root/node_modules/$compiler/package.json').version")"
  done
}
check_framework react.tsx react @types/react csstype
check_framework react-tag.tsx react
check_framework preact-tag.tsx preact preact
check_framework solid-tag.tsx solid-js solid-js csstype seroval
check_framework svelte-tag.ts '' svelte clsx esrap locate-character magic-string @types/estree @jridgewell
check_framework vue-tag.ts '' vue @vue @babel

# With the optional packages: the other entry points. Some of their own typings do not compile with `skipLibCheck: false`, so only errors in
# the program and in the typings of this package count.
for package in "$root"/node_modules/*; do
  [ -e "$app/node_modules/$(basename "$package")" ] || ln -s "$package" "$app/node_modules/"
done
cp "$root/tests/support/type-consumer/optional.ts" "$app/"
sed -i 's/"files": .*/"files": ["optional.ts"] }/' "$app/tsconfig.json"
for resolution in bundler node16; do
  errors=$(node "$root/node_modules/ts7/bin/tsc" -p "$app/tsconfig.json" --module "${resolution/bundler/esnext}" --moduleResolution "$resolution" || true)
  if grep -E '^(optional\.ts|node_modules/voice-agent-element/)' <<< "$errors"; then exit 1; fi
  echo "optional.ts compiles with the newest TypeScript, moduleResolution $resolution"
done
