package io.carovana.transport;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class AllocationTest {
  private static final int ELEMENTS = 20_000;
  private static final int WARM_UP_STEPS = 100;
  private static final int STEPS = 200;

  /** Below one object per operation; a thread's count also moves by what its buffer left over. */
  private static final long LIMIT_BYTES = 16L * 4 * STEPS;

  @ParameterizedTest
  @EnumSource(Mesh.Medium.class)
  void stepsAllocateNothingOnceWarm(Mesh.Medium medium) throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    TreeProgram small = Trees.leftToRight(new int[] {1, 1, 1});
    try (Mesh mesh = new Mesh(medium, 3)) {
      List<Long> allocated =
          mesh.run(
              mesh.topology(1, 3),
              links -> {
                float[] nodes = new float[ELEMENTS];
                float[] out = new float[3 * ELEMENTS];
                int[] owner = {0, 1, 2, 0};
                int[] widths = {10, 20, 30};
                long before = 0;
                for (int step = 1; step <= WARM_UP_STEPS + STEPS; step++) {
                  if (step == WARM_UP_STEPS) {
                    before = threads.getCurrentThreadAllocatedBytes();
                  }
                  links.beginStep(step);
                  links.exchangeRows(out, 4, 100, owner);
                  links.allReduce(small, nodes, out, 4096, 0);
                  links.allReduce(small, nodes, out, ELEMENTS, 0);
                  links.gatherColumns(nodes, 5, widths, out);
                  links.endStep();
                }
                return threads.getCurrentThreadAllocatedBytes() - before;
              });
      assertThat(allocated).allMatch(bytes -> bytes < LIMIT_BYTES);
    }
  }
}
