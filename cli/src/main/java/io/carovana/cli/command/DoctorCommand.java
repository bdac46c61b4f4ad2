package io.carovana.cli.command;

import io.carovana.cli.CliContext;
import io.carovana.cli.ExitCode;
import io.carovana.cli.config.Setting;
import io.carovana.cli.doctor.Doctor;
import io.carovana.cli.doctor.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import picocli.CommandLine.Command;

/** Whether this machine is fit. */
@Command(
    name = "doctor",
    description =
        "Check JDK, processors, memory, shared memory, socket buffers and ports. Exit code 1 when"
            + " something would not work.")
final class DoctorCommand extends SettingsCommand {
  DoctorCommand(CliContext context) {
    super(context);
  }

  @Override
  protected List<Setting> flags() {
    return List.of(Setting.PORT);
  }

  @Override
  protected ExitCode run() {
    List<Finding> findings =
        Doctor.examine(context.home(), settings().requireInteger(Setting.PORT));
    List<Map<String, Object>> json = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    for (Finding finding : findings) {
      String verdict = finding.verdict().name().toLowerCase(Locale.ROOT);
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("check", finding.check());
      row.put("verdict", verdict);
      row.put("found", finding.found());
      row.put("advice", finding.advice());
      json.add(row);
      text.append(
          String.format(Locale.ROOT, "%-5s %-20s %s%n", verdict, finding.check(), finding.found()));
      if (!finding.advice().isEmpty()) {
        text.append(String.format(Locale.ROOT, "%26s %s%n", "", finding.advice()));
      }
    }
    result(json, text.toString());
    boolean failed = findings.stream().anyMatch(f -> f.verdict() == Finding.Verdict.FAIL);
    return failed ? ExitCode.FAILED : ExitCode.OK;
  }
}
