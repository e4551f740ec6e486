#!/bin/sh
# Write jars.sha256 from what pom.xml asks for now. Needs Maven, which checks the registry's own checksums.
set -eu
cd "$(dirname "$0")"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mvn --batch-mode --quiet --no-transfer-progress --strict-checksums -Dstyle.color=never \
    -DincludeScope=runtime -Dmdep.useRepositoryLayout -DoutputDirectory="$scratch" dependency:copy-dependencies
(cd "$scratch" && find . -name '*.jar' | sed 's,^\./,,' | LC_ALL=C sort | xargs sha256sum) >jars.sha256
echo "jars.sha256: $(grep -c . jars.sha256) jars"
