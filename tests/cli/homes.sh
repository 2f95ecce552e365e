#!/usr/bin/env bash
# T10, odd homes of an image: a save holds, or one sentence says why not, with exit code 8, and nothing is lost.
. "$(dirname "$0")/lib.sh"

# Root may do anything, so what may not be done is tried by somebody else.
as_user() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
    else
        "$@"
    fi
}
give() { [ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$@"; }
home() { # FOLDER [NAME]: a folder with a world in which Kept is 0
    mkdir -p "$1"
    cp old.image "$1/${2:-w.image}"
    give "$1"
}
round=1
saving() { as_user "$VIV" eval "$1" --save "Smalltalk at: #Kept put: $round"; }
kept() { "$VIV" eval "$1" 'Smalltalk at: #Kept' 2>&1; }
is_whole() { # IMAGE KEPT: it is sound, says what it has to, and no temporary file is left beside it
    [ "$(kept "$1")" = "$2" ] && "$VIV" check "$1" >/dev/null 2>&1 && ! ls -A "$(dirname "$1")" | grep -aq '\.tmp$'
}
holds() { # NAME IMAGE [COMMAND...]: the command saves round as Kept
    local name=$1 image=$2
    shift 2
    [ $# -gt 0 ] || set -- saving "$image"
    capture "$@"
    [ "$status" -eq 0 ] && is_whole "$image" $round && pass "$name" ||
        fail "$name" "$(describe); it has $(kept "$image" | head -n 2) and should have $round"
    round=$((round + 1))
}
is_refused() { # REGEX: what was captured is one sentence with exit code 8
    [ "$status" -eq 8 ] && [ "$(printf '%s\n' "$errors" | grep -ac 'not saved: ')" -eq 1 ] && printf '%s\n' "$errors" | grep -aqE -- "$1"
}
refused() { # NAME IMAGE REGEX [COMMAND...]: the command does not save, and the image is what it was
    local name=$1 image=$2 regex=$3
    shift 3
    [ $# -gt 0 ] || set -- saving "$image"
    capture "$@"
    is_refused "$regex" && is_whole "$image" 0 && pass "$name" || fail "$name" "wanted status 8 and $regex
$(describe); it has $(kept "$image" | head -n 2)"
}

chmod a+x "$SCRATCH"
chmod a+rx "$WORK"
as_user test -x "$WORK" && as_user test -x "$VIV" || fail "another user can come to $WORK and $VIV"
mkdir -p .state
chmod a+rwx .state
"$VIV" eval "$IMAGE" --save-as old.image 'Smalltalk at: #Kept put: 0' >/dev/null
chmod a+r old.image

home linked real.image
ln -s real.image linked/w.image
mkdir -p elsewhere
give elsewhere
ln -s ../linked/w.image elsewhere/link.image
holds "a link to a link is followed" elsewhere/link.image
[ -L elsewhere/link.image ] && [ -L linked/w.image ] && [ ! -L linked/real.image ] && [ "$(kept linked/real.image)" = 1 ] &&
    pass "and both stay links" || fail "and both stay links" "$(ls -l linked elsewhere)"

home readonly
chmod a-w readonly
refused "a folder that cannot be written" readonly/w.image 'readonly.*ermission denied'
home file
chmod a-w file/w.image
refused "a file that cannot be written" file/w.image 'file/w.image.*ermission denied'
home shut
chmod a-x shut
cp old.image source.image
refused "a folder that cannot be entered" source.image 'shut.*ermission denied' as_user "$VIV" eval source.image --save-as shut/new.image 3
capture saving shut/w.image
[ "$status" -ne 0 ] && printf '%s' "$errors" | grep -q 'shut.*ermission denied' && pass "nothing is read from there either" ||
    fail "nothing is read from there either" "$(describe)"
chmod a+x shut
home closing
closes_while_it_runs() {
    rm -f input said
    mkfifo input
    as_user "$VIV" repl closing/w.image <input >said 2>&1 &
    local world=$!
    exec 9>input
    echo 'Smalltalk at: #Kept put: 9. 3 + 4' >&9
    until grep -q 7 said; do kill -0 $world || return 1; done
    chmod a-x closing
    printf ':save\n3 + 5\n' >&9
    exec 9>&-
    wait $world
    chmod a+x closing
    grep -q '^8$' said && cat said
}
check_match "a folder that is shut while the world runs: it is said, and the world goes on" 0 'not saved: .*closing.*ermission denied' closes_while_it_runs
is_whole closing/w.image 0 && pass "with the image as it was" || fail "with the image as it was" "$(ls -la closing)"

names=("two words.image" $'two\nlines.image' "wörld 世界 😀.image" $'inv\xff\xfealid.image' "quote'\"\$(x)\`.image" "-dash.image" "*?[.image"
    ".image" "$(printf 'n%.0s' $(seq 249)).image")
for name in "${names[@]}"; do
    home names "$name"
    holds "a name such as $(printf '%.30q' "$name")" "names/$name"
    holds "also at the prompt" "names/$name" sh -c 'printf "Smalltalk at: #Kept put: %s\n:save\n" "$3" | "$1" repl "$2"' sh "$VIV" "names/$name" $round
    new=names/${name%?image}+image # of the same length
    holds "and as a new name" "$new" "$VIV" eval "names/$name" --save-as "$new" "Smalltalk at: #Kept put: $round"
    rm -rf names
done
home names
refused "a name that is longer than names may be" names/w.image 'File name too long' \
    "$VIV" eval names/w.image --save-as "names/$(printf 'n%.0s' $(seq 260)).image" 3

# Paths up to the longest one that the system takes: at some length there is no room for a second name beside it any more.
part=$(printf 'd%.0s' $(seq 200))
deep=$WORK/deep
while [ ${#deep} -lt 3700 ]; do deep=$deep/$part; done
deep=$deep/$(printf 'e%.0s' $(seq $((3990 - ${#deep} - 1))))
mkdir -p "$deep"
give "$WORK/deep"
held=0
told=0
bad=
for length in 4000 4040 4050 $(seq 4056 4 4088) 4095; do
    path=$deep/$(printf 'w%.0s' $(seq $((length - 3991 - 6)))).image
    [ ${#path} -eq $length ] && cp old.image "$path" && give "$path" || { bad="$bad $length: ${#path}"; continue; }
    capture saving "$path"
    if [ "$status" -eq 0 ] && is_whole "$path" $round; then
        held=$((held + 1))
    elif is_refused 'File name too long' && is_whole "$path" 0; then
        told=$((told + 1))
    else
        bad="$bad $length: $(describe)"
    fi
    rm -f "$deep"/*.image*
done
[ -z "$bad" ] && [ $held -gt 0 ] && [ $told -gt 0 ] && pass "paths of 4,000 bytes and more: $held saved, $told refused" ||
    fail "paths of 4,000 bytes and more are saved or refused" "$bad; $held held, $told told"
rm -rf deep
home cwd
in_deleted() { mkdir -p gone && (cd gone && rmdir ../gone && "$@"); }
holds "a working directory that is deleted" "$WORK/cwd/w.image" in_deleted saving "$WORK/cwd/w.image"
cp old.image cwd/w.image
refused "nothing is saved there" cwd/w.image 'No such file' in_deleted as_user "$VIV" eval "$WORK/cwd/w.image" --save-as new.image 3

home closed
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
    with_closed() { eval "as_user \"\$VIV\" \"\$@\" $closed"; }
    # What cannot be printed is a failure by itself, but not one of the image.
    [[ $closed == *'>&-'* && $closed != '2>&-' && $closed != '<&- 2>&-' ]] && quiet='. nil' || quiet=
    holds "standard descriptors closed: $closed" closed/w.image with_closed eval closed/w.image --save "Smalltalk at: #Kept put: $round$quiet" --print none
    capture eval "as_user \"\$VIV\" eval closed/w.image --save 'Stdio stdout nextPutAll: (String new: 100000 withAll: \$x). Stdio stderr nextPutAll: (String new: 100000 withAll: \$y). Transcript show: 3; cr' $closed" >/dev/null 2>&1
    is_whole closed/w.image $((round - 1)) && pass "and what is written goes nowhere" || fail "and what is written goes nowhere" "$(describe) $(kept closed/w.image | head -c 300)"
done

home linked2
ln linked2/w.image linked2/other.image
holds "an image with two names" linked2/w.image
is_whole linked2/other.image 0 && pass "under the other one it is what it was" || fail "under the other one it is what it was"
home kinds
mkdir kinds/folder kinds/full
mkfifo kinds/pipe
give kinds
for kind in kinds/folder kinds/pipe /dev/null; do
    refused "$kind is no place for an image" kinds/w.image 'it is not a file' as_user "$VIV" eval kinds/w.image --save-as $kind 3
done
limited() { (ulimit -f 2000 && as_user "$VIV" eval "$1" --save 3); }
home limit
refused "a limit of the size of files" limit/w.image 'File too large' limited limit/w.image

if [ "$(id -u)" -eq 0 ]; then
    home other
    chown 0:0 other/w.image
    refused "the file of somebody else, in one's own folder" other/w.image 'ermission denied'
    mkdir sticky
    chmod 1777 sticky
    cp old.image sticky/w.image
    chmod 666 sticky/w.image
    refused "and where names belong to their owners" sticky/w.image 'not permitted'
    chmod 0777 sticky
    holds "the file of somebody else that all may write" sticky/w.image
else
    echo "# skipped: only root has files of somebody else"
fi
if unshare -Urm true 2>/dev/null; then
    mounted() { # OPTIONS COMMAND...: in a name space with a disk that has the options
        local options=$1
        shift
        rm -rf mounted
        mkdir mounted
        unshare -Urm bash -c '
            mount -t tmpfs -o size=200m tmpfs mounted && cp old.image mounted/w.image && mount -o "remount,$1" mounted || exit 99
            shift
            "$@"
            status=$?
            echo "has $("$VIV" eval mounted/w.image "Smalltalk at: #Kept") $(ls -A mounted | tr "\n" " ")"
            exit $status' bash "$options" "$@"
    }
    export VIV
    capture mounted noexec "$VIV" eval mounted/w.image --save 'Smalltalk at: #Kept put: 77'
    [ "$status" -eq 0 ] && printf '%s' "$output" | grep -q 'has 77' && pass "a disk that runs no programs" || fail "a disk that runs no programs" "$(describe)"
    capture mounted ro "$VIV" eval mounted/w.image --save 'Smalltalk at: #Kept put: 77'
    is_refused 'Read-only file system' && printf '%s' "$output" | grep -q '^has 0 w.image $' && pass "a disk that takes nothing" ||
        fail "a disk that takes nothing" "$(describe)"
else
    echo "# skipped: no name spaces here, so no disks of other kinds"
fi
command -v bindfs >/dev/null && [ -e /dev/fuse ] || echo "# skipped: no bindfs, so no disk of a program"

# A clock that jumps back an hour each fifth time somebody looks.
cat >back.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
#include <sys/time.h>
static long looks;
int clock_gettime(clockid_t clock, struct timespec *now)
{
    int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, now);
    if (clock == CLOCK_REALTIME)
        now->tv_sec -= __atomic_add_fetch(&looks, 1, __ATOMIC_RELAXED) / 5 * 3600;
    return result;
}
time_t time(time_t *at)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return at ? (*at = now.tv_sec) : now.tv_sec;
}
int gettimeofday(struct timeval *at, void *zone)
{
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}
C
if cc -shared -fPIC -o back.so back.c -ldl 2>cc.log && [ -z "$(env LD_PRELOAD="$WORK/back.so" true 2>&1)" ]; then
    back() { as_user env LD_PRELOAD="$WORK/back.so" "$@"; }
    home clock
    chmod a+rx back.so
    check "the clock jumps" true back "$VIV" eval '| a | a := DateAndTime now. (1 to: 20) anySatisfy: [ :each | DateAndTime now < (a - 1 hour) ]'
    holds "a clock that jumps back" clock/w.image back "$VIV" eval clock/w.image --save "Smalltalk at: #Kept put: $round"
    holds "also while the world saves itself again and again" clock/w.image back "$VIV" eval clock/w.image \
        "Smalltalk at: #Kept put: $round. 5 timesRepeat: [ Smalltalk snapshot ifTrue: [ Smalltalk exit: 0 ]. (Delay forMilliseconds: 1) wait ]"
    in_repl() { printf 'Object subclass: #Dog\nDog >> a [ ^ 1 ]\nDog >> b [ ^ 2 ]\nSmalltalk at: #Kept put: %s\n' "$2" | back "$VIV" repl "$1"; }
    in_repl clock/w.image 5 >/dev/null 2>&1
    check "the journal is in order all the same" '#(true true)' sh -c '
        "$1" recover clock/w.image --apply >/dev/null && "$1" eval clock/w.image "#(a b) collect: [ :each | (Smalltalk at: #Dog) includesSelector: each ]"' sh "$VIV"
else
    echo "# skipped: no compiler or no preloading, so the clock goes on ($(head -n 1 cc.log))"
fi
