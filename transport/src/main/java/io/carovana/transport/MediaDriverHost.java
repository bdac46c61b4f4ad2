package io.carovana.transport;

import io.aeron.driver.MediaDriver;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A media driver that one process runs for others of the same machine, which use IPC. */
public final class MediaDriverHost implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MediaDriverHost.class);

  private final MediaDriver driver;
  private final Path directory;

  private MediaDriverHost(MediaDriver driver, Path directory) {
    this.driver = driver;
    this.directory = directory;
  }

  /** Starts a driver whose files are removed when it is closed. */
  public static MediaDriverHost start(Path directory) {
    MediaDriver.Context context =
        DriverSettings.context(directory).errorHandler(error -> LOG.warn("media driver", error));
    return new MediaDriverHost(MediaDriver.launch(context), directory);
  }

  /** What clients connect to. */
  public Path directory() {
    return directory;
  }

  @Override
  public void close() {
    driver.close();
  }
}
