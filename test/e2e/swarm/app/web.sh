# The app of the swarm's tests: it migrates its data when it starts, one way, and says over HTTP what it has. It writes all
# the time, and goes on for half a second after it was asked to end. Old code on newer data starts, is healthy, and writes
# to what it does not understand: as real apps do.
set -u
found=$(cat /data/schema 2>/dev/null || echo 0)
# A start that nobody hears of proves nothing: it goes on only when the test has noted it.
until wget -q -O /dev/null "http://127.0.0.1:$WITNESS/start?version=$VERSION&schema=$SCHEMA&found=$found"; do sleep 0.1; done
[ -e "/data/rows.$found" ] || : >"/data/rows.$found"
if [ "$found" -lt "$SCHEMA" ]; then
  cp "/data/rows.$found" "/data/rows.$SCHEMA.new"
  [ "$WRITES" = "" ] || echo "$WRITES" >>"/data/rows.$SCHEMA.new"
  mv "/data/rows.$SCHEMA.new" "/data/rows.$SCHEMA"
  rm "/data/rows.$found"
  echo "$SCHEMA" >/data/schema
fi
[ "$START" != exits ] || { echo 'cannot start: license file is missing'; exit 3; }

mkdir -p /www/cgi-bin
[ "$HEALTH" != 200 ] || echo ok >/www/health
cat >/www/cgi-bin/state <<'CGI'
#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
echo "$VERSION $SCHEMA"
cat "/data/rows.$SCHEMA"
CGI
cat >/www/cgi-bin/add <<'CGI'
#!/bin/sh
echo "$QUERY_STRING" >>"/data/rows.$SCHEMA"
printf 'Content-Type: text/plain\r\n\r\nadded\n'
CGI
chmod 755 /www/cgi-bin/*
httpd -f -p "127.0.0.1:$PORT" -h /www &
server=$!
stopping=0
trap 'stopping=1' TERM
while [ $stopping = 0 ]; do echo . >>/data/ticks; sleep 0.1; done
kill $server
for _ in 1 2 3 4 5; do echo stopping >>/data/ticks; sleep 0.1; done
