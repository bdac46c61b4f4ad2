package io.carovana.cli.role;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeAndTimeBasedRollingPolicy;
import ch.qos.logback.core.util.FileSize;
import io.carovana.protocol.LogContext;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/**
 * One rotated log file per role, in UTC, each line with the node and, where they are known, the
 * epoch and the request ({@link LogContext}).
 */
public final class Logging {
  private static final String FILE_PATTERN =
      "%d{yyyy-MM-dd'T'HH:mm:ss.SSS'Z',UTC} %-5level [%s] [epoch=%%property{epoch}]"
          + " [request=%%X{request:--}] %%logger{24} [%%thread] %%msg%%n";
  private static final String CONSOLE_PATTERN = "%d{HH:mm:ss'Z',UTC} %-5level %msg%n";
  private static final long LARGEST_FILE_BYTES = 16L << 20;
  private static final long ALL_FILES_BYTES = 128L << 20;
  private static final int DAYS = 14;

  private Logging() {}

  /** Sends everything from INFO on to a file, and to stderr too when nobody supervises. */
  static void toFile(Path file, String node, boolean console) {
    LoggerContext context = fresh();
    context.putProperty("epoch", "-");
    LogContext.listen(epoch -> context.putProperty("epoch", String.valueOf(epoch)));
    RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
    SizeAndTimeBasedRollingPolicy<ILoggingEvent> rolling = new SizeAndTimeBasedRollingPolicy<>();
    rolling.setContext(context);
    rolling.setParent(appender);
    rolling.setFileNamePattern(file + ".%d{yyyy-MM-dd,UTC}.%i.gz");
    rolling.setMaxFileSize(new FileSize(LARGEST_FILE_BYTES));
    rolling.setTotalSizeCap(new FileSize(ALL_FILES_BYTES));
    rolling.setMaxHistory(DAYS);
    appender.setFile(file.toString());
    appender.setRollingPolicy(rolling);
    rolling.start();
    add(context, appender, filePattern(node));
    if (console) {
      add(context, stderr(), CONSOLE_PATTERN);
    }
    root(context).setLevel(Level.INFO);
    // Membership at info is one line per gossip; what matters of it Carovana says itself.
    context.getLogger("org.apache.pekko").setLevel(Level.WARN);
    context.getLogger("org.apache.pekko.cluster.sbr").setLevel(Level.INFO);
    // A peer that is not there is one line for every try to reach it; who misses it says so itself.
    context.getLogger("org.apache.pekko.stream.Materializer").setLevel(Level.ERROR);
  }

  /** Warnings to stderr, for commands that are not roles. */
  public static void toConsole() {
    LoggerContext context = fresh();
    add(context, stderr(), CONSOLE_PATTERN);
    root(context).setLevel(Level.WARN);
  }

  private static String filePattern(String node) {
    return FILE_PATTERN.replace("%s", node).replace("%%", "%");
  }

  private static LoggerContext fresh() {
    // Vert.x logs to java.util.logging unless it is told.
    System.setProperty(
        "vertx.logger-delegate-factory-class-name",
        "io.vertx.core.logging.SLF4JLogDelegateFactory");
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    return context;
  }

  private static ConsoleAppender<ILoggingEvent> stderr() {
    ConsoleAppender<ILoggingEvent> console = new ConsoleAppender<>();
    console.setTarget("System.err");
    return console;
  }

  private static void add(
      LoggerContext context, OutputStreamAppender<ILoggingEvent> appender, String pattern) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern(pattern);
    encoder.start();
    appender.setContext(context);
    appender.setEncoder(encoder);
    appender.start();
    root(context).addAppender(appender);
  }

  private static ch.qos.logback.classic.Logger root(LoggerContext context) {
    return context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }
}
