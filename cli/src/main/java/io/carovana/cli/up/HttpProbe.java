package io.carovana.cli.up;

import com.fasterxml.jackson.databind.JsonNode;
import io.carovana.cli.admin.AdminClient;
import java.io.IOException;
import java.util.Locale;

/** Asks over HTTP, as an operator would. */
record HttpProbe(AdminClient client) implements GatewayProbe {
  private static final int OK = 200;
  private static final Health SILENT = new Health(false, "");

  @Override
  public Health probe() {
    try {
      if (client.get("/health").status() == OK) {
        return new Health(true, "serving");
      }
      AdminClient.Answer answer = client.get("/admin/v1/status");
      return answer.status() == OK ? new Health(false, describe(answer.json())) : SILENT;
    } catch (IOException e) {
      return SILENT;
    }
  }

  static String describe(JsonNode status) {
    StringBuilder text = new StringBuilder(status.path("reason").asText(""));
    for (JsonNode load : status.path("loading")) {
      long total = load.path("bytes_total").asLong();
      text.append(
          String.format(
              Locale.ROOT,
              "; %s %s %d %%",
              load.path("node").asText(),
              load.path("phase").asText(),
              total == 0 ? 0 : load.path("bytes_done").asLong() * 100 / total));
    }
    return text.toString();
  }
}
