# Writes the configuration from the environment and becomes ZooKeeper.
set -eu
cat >/config/zoo.cfg <<END
tickTime=2000
initLimit=10
syncLimit=5
dataDir=/data
clientPort=2181
END
printf '%s\n' $SERVERS >>/config/zoo.cfg
echo "$MY_ID" >/data/myid
exec java -Xmx128m -cp "/usr/share/java/zookeeper.jar:/usr/share/java/*" \
  org.apache.zookeeper.server.quorum.QuorumPeerMain /config/zoo.cfg
