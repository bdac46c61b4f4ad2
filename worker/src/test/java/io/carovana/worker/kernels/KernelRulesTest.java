package io.carovana.worker.kernels;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.junit.jupiter.api.Test;

/** What keeps docs/numerics.md true in code. */
class KernelRulesTest {
  private static final JavaClasses WORKER =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("io.carovana.worker");

  private static final ArchRule NO_FLOAT_REDUCTION =
      noClasses()
          .should()
          .accessTargetWhere(
              describe("a float vector's lanes are reduced", KernelRulesTest::reducesFloats));

  @Test
  void noFloatLanesAreReduced() {
    NO_FLOAT_REDUCTION.check(WORKER);
  }

  @Test
  void theRuleSeesAReduction() {
    JavaClasses offender = new ClassFileImporter().importClasses(Offender.class);
    assertThatThrownBy(() -> NO_FLOAT_REDUCTION.check(offender))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("reduceLanes");
  }

  @Test
  void onlyTheVectorPackageUsesTheVectorApi() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.carovana.worker.kernels.vector")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("jdk.incubator.vector")
        .check(WORKER);
  }

  /** Also through {@code Vector}, whose lane type is not known. */
  private static boolean reducesFloats(JavaAccess<?> access) {
    String owner = access.getTarget().getOwner().getSimpleName();
    boolean reduction = access.getTarget().getName().startsWith("reduceLanes");
    return reduction && !owner.equals("IntVector");
  }

  private static final class Offender {
    static float sum(FloatVector vector) {
      return vector.reduceLanes(VectorOperators.ADD);
    }
  }
}
