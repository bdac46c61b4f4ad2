package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.CliException;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Nearest;
import io.carovana.cli.config.Setting;
import io.carovana.cli.instance.InstanceFolder;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Log files of an instance. */
@Command(
    name = "logs",
    description = "Show the logs of an instance, or of a role started with --node NAME.")
final class LogsCommand extends SettingsCommand {
  private static final long POLL_MS = 200;
  private static final int TAIL_BYTES = 256 << 10;

  @Parameters(
      arity = "0..1",
      paramLabel = "PROCESS",
      description = "coordinator, gateway, worker-1, …; all if not given.")
  private @Nullable String process;

  @Option(
      names = "--lines",
      paramLabel = "N",
      defaultValue = "50",
      description = "Lines of each file (default: 50).")
  private int lines = 50;

  @Option(names = "--follow", description = "Go on as lines are written, until Ctrl-C.")
  private boolean follow;

  LogsCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return List.of(Setting.NAME);
  }

  @Override
  protected ExitCode run() throws IOException, InterruptedException {
    if (lines < 0) {
      throw new CliException(ExitCode.USAGE, "--lines " + lines + " must be 0 or more.");
    }
    String name = settings().requireText(Setting.NAME);
    List<Path> files = files(new InstanceFolder(context.home(), name), name);
    Map<Path, Long> seen = new LinkedHashMap<>();
    Map<String, Object> json = new LinkedHashMap<>();
    StringBuilder text = new StringBuilder();
    for (Path file : files) {
      long end = Files.size(file);
      List<String> tail = tail(file, end);
      seen.put(file, end);
      json.put(file.toString(), tail);
      text.append("==> ").append(file).append(" <==\n");
      tail.forEach(line -> text.append(line).append('\n'));
    }
    result(json, text.toString());
    while (follow) {
      TimeUnit.MILLISECONDS.sleep(POLL_MS);
      for (Path file : files) {
        seen.put(file, showSince(file, seen.getOrDefault(file, 0L)));
      }
    }
    return ExitCode.OK;
  }

  private List<Path> files(InstanceFolder folder, String name) throws IOException {
    if (!Files.isDirectory(folder.logs())) {
      throw new CliException(
          ExitCode.NOT_RUNNING, "there are no logs of an instance '" + name + "'.");
    }
    try (Stream<Path> all = Files.list(folder.logs())) {
      List<Path> logs =
          all.filter(file -> file.getFileName().toString().endsWith(".log"))
              .filter(ofThisStart(folder))
              .sorted()
              .toList();
      if (process == null) {
        return logs;
      }
      List<String> names = logs.stream().map(LogsCommand::processOf).toList();
      int index = names.indexOf(process);
      if (index < 0) {
        throw new CliException(
            ExitCode.USAGE,
            "there is no log of "
                + process
                + " in "
                + folder.logs()
                + "; there are "
                + String.join(", ", names)
                + "."
                + Nearest.hint(process, names));
      }
      return List.of(logs.get(index));
    }
  }

  /** An earlier start may have had more workers; unknown without a state, so all are shown. */
  private static Predicate<Path> ofThisStart(InstanceFolder folder) {
    Set<String> processes = folder.read().map(state -> state.processes().keySet()).orElse(Set.of());
    return log -> processes.isEmpty() || processes.contains(processOf(log));
  }

  private static String processOf(Path log) {
    String file = log.getFileName().toString();
    return file.substring(0, file.length() - ".log".length());
  }

  private List<String> tail(Path file, long end) throws IOException {
    List<String> all = read(file, Math.max(0, end - TAIL_BYTES), end).lines().toList();
    return all.subList(Math.max(0, all.size() - lines), all.size());
  }

  private long showSince(Path file, long seen) throws IOException {
    long end = Files.exists(file) ? Files.size(file) : 0;
    if (end != seen) {
      // A file that became shorter has been rotated: everything in it is new.
      context.out().print(read(file, end < seen ? 0 : seen, end));
      context.out().flush();
    }
    return end;
  }

  private static String read(Path file, long from, long to) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "r")) {
      byte[] bytes = new byte[(int) Math.min(Integer.MAX_VALUE - 8, to - from)];
      access.seek(from);
      access.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
