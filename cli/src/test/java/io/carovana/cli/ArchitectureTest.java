package io.carovana.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The table of docs/architecture.md: who may depend on whom, and on what. */
@AnalyzeClasses(
    packages = "io.carovana",
    importOptions = {
      ImportOption.DoNotIncludeTests.class,
      ArchitectureTest.DoNotIncludeTestJars.class
    })
class ArchitectureTest {
  /** Modules hand their test fixtures to each other in jars. */
  static final class DoNotIncludeTestJars implements ImportOption {
    @Override
    public boolean includes(Location location) {
      return !location.contains("-tests.jar");
    }
  }

  private static final String MODEL = "io.carovana.model..";
  private static final String PROTOCOL = "io.carovana.protocol..";
  private static final String TRANSPORT = "io.carovana.transport..";
  private static final String WORKER = "io.carovana.worker..";
  private static final String COORDINATOR = "io.carovana.coordinator..";
  private static final String GATEWAY = "io.carovana.gateway..";
  private static final String CLI = "io.carovana.cli..";

  @ArchTest
  static final ArchRule modulesHaveNoCycles =
      slices().matching("io.carovana.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule modelKnowsNoOtherModule =
      none(MODEL, PROTOCOL, TRANSPORT, WORKER, COORDINATOR, GATEWAY, CLI);

  @ArchTest
  static final ArchRule protocolKnowsTheModelOnly =
      none(PROTOCOL, TRANSPORT, WORKER, COORDINATOR, GATEWAY, CLI);

  @ArchTest
  static final ArchRule workersKnowNoOtherProcess = none(WORKER, COORDINATOR, GATEWAY, CLI);

  @ArchTest
  static final ArchRule coordinatorsKnowNoOtherProcess = none(COORDINATOR, WORKER, GATEWAY, CLI);

  @ArchTest
  static final ArchRule gatewaysKnowNoOtherProcessAndNoDataPlane =
      none(GATEWAY, WORKER, COORDINATOR, TRANSPORT, CLI);

  @ArchTest
  static final ArchRule transportKnowsNoProcess =
      none(TRANSPORT, WORKER, COORDINATOR, GATEWAY, CLI);

  @ArchTest
  static final ArchRule vectorsOnlyInTheVectorKernels =
      noClasses()
          .that()
          .resideOutsideOfPackage("io.carovana.worker.kernels.vector..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("jdk.incubator.vector..");

  @ArchTest
  static final ArchRule actorsNeverNearTheNumbers =
      noClasses()
          .that()
          .resideInAnyPackage(
              MODEL,
              TRANSPORT,
              "io.carovana.worker.kernels..",
              "io.carovana.worker.shard..",
              "io.carovana.worker.sampling..",
              "io.carovana.worker.local..",
              "io.carovana.worker.engine..",
              "io.carovana.coordinator.schedule..",
              "io.carovana.coordinator.placement..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.pekko..");

  @ArchTest
  static final ArchRule decisionsTakeTimeAndChanceAsArguments =
      noClasses()
          .that()
          .resideInAnyPackage(
              "io.carovana.coordinator.schedule..",
              "io.carovana.coordinator.placement..",
              "io.carovana.model.shard..")
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.lang.Thread")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.Random")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.time.Clock")
          .orShould()
          .callMethod(java.time.Instant.class, "now");

  private static ArchRule none(String from, String... targets) {
    return noClasses()
        .that()
        .resideInAPackage(from)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(targets);
  }
}
