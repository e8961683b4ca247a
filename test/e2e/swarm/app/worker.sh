# The second service, with a volume of its own: a restore that takes only one volume back is seen here. Where it has a
# file too, that says the same.
set -u
found=$(cat /jobs/schema 2>/dev/null || echo 0)
[ "$found" -ge "$SCHEMA" ] || { echo "job of $SCHEMA" >>/jobs/log; echo "$SCHEMA" >/jobs/schema; [ ! -e /state ] || echo "job of $SCHEMA" >>/state; }
stopping=0
trap 'stopping=1' TERM
while [ $stopping = 0 ]; do echo . >>/jobs/ticks; sleep 0.1; done
