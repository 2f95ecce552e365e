#!/usr/bin/env bash
# The compiler in the image and the bootstrap compiler agree on 200,000 random texts, half of them damaged: same methods, same errors.
. "$(dirname "$0")/../../cli/lib.sh"
cat >compilers.st <<'END_OF_SCRIPT'
| found |
found := CompilersAgreementTest disagreementsFrom: 3000 to: 103000.
found do: [ :each | Stdio stdout nextPutAll: each first; lf; print: each second; lf; print: each third; lf ].
Stdio stdout print: found size; nextPutAll: ' disagreements'; lf
END_OF_SCRIPT
check "both compilers agree on 200,000 random texts" "0 disagreements" "$VIV" --timeout 1100 "$IMAGE" compilers.st
