"""Apache Kafka 3.9.1 to measure against: fetched once by Maven into a folder of the user's cache."""
import os
import subprocess

from servers import StartFailed

VERSION = "3.9.1"
HOME = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "meerkat", f"kafka-{VERSION}")
LIBS = os.path.join(HOME, "libs")
INSTALL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "install-packages.sh")

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>meerkat</groupId>
  <artifactId>reference</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-reload4j</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""
LOG4J = """log4j.rootLogger=INFO, out
log4j.appender.out=org.apache.log4j.ConsoleAppender
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=[%d] %p %m (%c)%n
"""
# What kafka-server-start.sh gives a broker when nobody says otherwise.
JVM = ["-Xmx1G", "-Xms1G", "-server", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20",
       "-XX:InitiatingHeapOccupancyPercent=35", "-XX:+ExplicitGCInvokesConcurrent", "-XX:MaxInlineLevel=15",
       "-Djava.awt.headless=true"]


def ensure():
    """Fetches it if it is not there yet, installing Maven if that is missing."""
    complete = os.path.join(HOME, ".complete-with-tools")
    if os.path.exists(complete):
        return
    subprocess.run([INSTALL, "run", "reference"], check=True)
    os.makedirs(HOME, exist_ok=True)
    pom = os.path.join(HOME, "pom.xml")
    with open(pom, "w", encoding="utf-8") as file:
        file.write(POM)
    print(f"fetching Apache Kafka {VERSION} into {HOME}", flush=True)
    done = subprocess.run(["mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={LIBS}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise StartFailed(f"Maven could not fetch Apache Kafka {VERSION}:\n{done.stdout[-2000:]}")
    with open(complete, "w", encoding="utf-8"):
        pass


def command(properties, folder):
    """How to start one of its brokers, with its log on standard output."""
    log4j = os.path.join(folder, "log4j.properties")
    with open(log4j, "w", encoding="utf-8") as file:
        file.write(LOG4J)
    return ["java", *JVM, f"-Dlog4j.configuration=file:{log4j}", "-cp", f"{LIBS}/*", "kafka.Kafka", properties]
