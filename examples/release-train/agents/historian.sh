#!/bin/sh
# sh historian.sh HISTORY LIBRARY: an agent in POSIX sh and awk that keeps the library's history.
#   checkout   imports HISTORY (a git fast-export stream), commits what the folder LIBRARY has beyond it, delivers a git bundle
#   changelog  derives the next version from the commits since the last tag (semver.org) and writes the changelog of all versions
set -eu
exec 3>&1 # the protocol's stdout, also from within $(…)
example=$(cd "$(dirname "$0")/.." && pwd)
history=$1
case $2 in /*) library=$2 ;; *) library=$example/$2 ;; esac
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_AUTHOR_NAME='release train' GIT_AUTHOR_EMAIL=release-train@free-slots.example
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL

quote() { printf '%s' "$1" | awk '{ gsub(/[\\"]/, "\\\\&"); gsub(/\t/, " "); printf "%s%s", (NR > 1 ? "\\n" : ""), $0 }'; }
status() { printf '{"pact":"status","status":"working","progress_percentage":%d,"current_task":"%s"}\n' "$1" "$(quote "$2")"; }
result() { printf '{"pact":"result","summary":"%s"}\n' "$(quote "$1")"; }
fail() {
  printf '{"pact":"error","type":"AgentError","message":"%s","retryable":false}\n' "$(quote "$1")" >&3
  exit 1
}
count() { wc -l | tr -d ' '; }
field() { printf '%s\n' "$fields" | awk -F '\t' -v name="$1" '$1 == name { print $2; exit }'; }

# Value of $3 in the member of list $1 whose $2 is $4: member inputs deliverable path repository
member() {
  printf '%s\n' "$fields" | awk -F '\t' -v list="$1" -v by="$2" -v want="$3" -v id="$4" '
    index($1, list ".") == 1 {
      split(substr($1, length(list) + 2), part, ".")
      value[part[1], part[2]] = $2
      if (part[2] == by && $2 == id) found = part[1]
    }
    END { print value[found, want] }'
}

# Path for a deliverable that the plan declares, or of one that this task depends on.
delivers() {
  path=$(member task.deliverables id path "$1")
  [ -n "$path" ] || fail "the task declares no deliverable $1"
  mkdir -p "$(dirname "$path")"
  printf '%s' "$path"
}
received() {
  path=$(member inputs deliverable path "$1")
  [ -n "$path" ] || fail "the task needs the deliverable $1 of an earlier task; see its dependsOn"
  printf '%s' "$path"
}

checkout() {
  bundle=$(delivers repository)
  status 0 'import the history'
  export GIT_DIR="$PWD/repository.git"
  git init -q --bare --template= --initial-branch=main
  git fast-import --quiet <"$history"
  status 40 'compare it with the folder of the library'
  git --work-tree="$library" add --all
  tree=$(git write-tree)
  if [ "$tree" != "$(git rev-parse 'main^{tree}')" ]; then
    commit=$(echo 'chore: local changes of the working folder' | git commit-tree -p main "$tree")
    git update-ref refs/heads/main "$commit"
    git diff --stat 'main~' main >&2
  fi
  status 70 'bundle it'
  git bundle create -q "$bundle" HEAD main --tags
  git bundle verify -q "$bundle" >&2
  result "$(git rev-list --count main) commits, $(git tag | count) releases, $(git ls-tree -r --name-only main | count) files"
}

# The version after $1 by the highest kind of change in the commit messages on stdin; nothing when there is none to release.
next_version() {
  awk -v last="$1" '
    /^[a-z]+(\([^)]*\))?!:/ || /^BREAKING[ -]CHANGE:/ { major = 1 }
    /^feat(\([^)]*\))?:/ { minor = 1 }
    /^(fix|perf)(\([^)]*\))?:/ { patch = 1 }
    END {
      split(last, v, ".")
      if (major) print v[1] + 1 ".0.0"
      else if (minor) print v[1] "." v[2] + 1 ".0"
      else if (patch) print v[1] "." v[2] "." v[3] + 1
    }'
}

# One version's part of the changelog: version, commits.
section() {
  printf '## %s (%s)\n\n' "$1" "$(git log -1 --format=%cs "$2")"
  git log --no-merges --format='%h%x09%an%x09%s' "$2" | awk -f "$example/agents/changelog.awk"
}

changelog() {
  facts=$(delivers release-facts)
  changelog=$(delivers changelog)
  bundle=$(received repository)
  status 0 'clone the history'
  git clone -q --bare "$bundle" repository.git
  export GIT_DIR="$PWD/repository.git"
  status 30 'choose the next version'
  last=$(git describe --tags --abbrev=0 main)
  next=$(git log --format='%s%n%b' "$last..main" | next_version "${last#v}")
  [ -n "$next" ] || fail "no commit since $last starts with feat, fix or perf: there is nothing to release"
  status 60 'write the changelog'
  {
    printf '# Changelog\n\n'
    section "$next" "$last..main"
    newer=
    for tag in $(git tag --merged main --sort=-version:refname); do
      [ -z "$newer" ] || section "${newer#v}" "$tag..$newer"
      newer=$tag
    done
    section "${newer#v}" "$newer"
  } >"$changelog"
  commits=$(git rev-list --count "$last..main")
  printf '{ "version": "%s", "previous": "%s", "commits": %d }\n' "$next" "${last#v}" "$commits" >"$facts"
  result "$next after ${last#v}: $commits commits"
}

IFS= read -r request || [ -n "$request" ] || fail 'no request on stdin'
fields=$(printf '%s\n' "$request" | awk -f "$example/agents/json.awk") || fail 'the request is not a line of JSON'
task=$(field task.id)
case $task in
  checkout) checkout ;;
  changelog) changelog ;;
  *) fail "no such task: $task; this agent does checkout and changelog" ;;
esac
