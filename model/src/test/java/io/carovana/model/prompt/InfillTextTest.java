package io.carovana.model.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.carovana.model.prompt.InfillPrompt.Order;
import io.carovana.model.tokenizer.DemoModel;
import io.carovana.model.tokenizer.Tokenizer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Infilling that editors ask for in the text of a prompt. */
class InfillTextTest {
  private static final Tokenizer TOKENIZER = DemoModel.tokenizer();
  private static final String PREFIX = "def f(x):\n    return ";
  private static final String SUFFIX = "\n\nprint(f(1))\n";

  @Test
  void readsTheFormThatEditorsSend() {
    assertSameAs("<PRE> " + PREFIX + " <SUF>" + SUFFIX + " <MID>", PREFIX, SUFFIX, Order.PSM);
    assertSameAs(" <PRE> " + PREFIX + " <SUF>" + SUFFIX + " <MID>", PREFIX, SUFFIX, Order.PSM);
    assertSameAs("<PRE>" + PREFIX + " <SUF>" + SUFFIX + " <MID>", PREFIX, SUFFIX, Order.PSM);
  }

  @Test
  void readsTheFormWithTheSuffixFirst() {
    assertSameAs("<PRE> <SUF>" + SUFFIX + " <MID> " + PREFIX, PREFIX, SUFFIX, Order.SPM);
    assertSameAs("<PRE> <SUF>" + SUFFIX + " <MID>" + PREFIX, PREFIX, SUFFIX, Order.SPM);
  }

  @Test
  void readsEmptyPartsInBothForms() {
    assertSameAs("<PRE>  <SUF>" + SUFFIX + " <MID>", "", SUFFIX, Order.PSM);
    assertSameAs("<PRE> <SUF>" + SUFFIX + " <MID>", "", SUFFIX, Order.PSM);
    assertSameAs("<PRE> " + PREFIX + " <SUF> <MID>", PREFIX, "", Order.PSM);
    assertSameAs("<PRE>  <SUF> <MID>", "", "", Order.PSM);
  }

  @Test
  void keepsSpacesThatBelongToTheCode() {
    assertSameAs("<PRE>   x  <SUF>  y  <MID>", "  x ", "  y ", Order.PSM);
    assertSameAs("<PRE>\n <SUF>\n <MID>", "\n", "\n", Order.PSM);
  }

  @Test
  void takesWhatFollowsForTheBeginOfTheMiddle() {
    EncodedPrompt prompt = CompletionPrompt.ofText(TOKENIZER, "<PRE> a <SUF>b <MID>c d", "prompt");
    assertThat(prompt.ids())
        .containsExactly(
            new IdBuffer()
                .add(InfillPrompt.of(TOKENIZER, "a", "b", Order.PSM, "prompt").ids())
                .add(TOKENIZER.encodeUserContinuation("c d"))
                .toArray());
  }

  @Test
  void leavesSentinelsInsideTheCodeAsText() {
    assertSameAs("<PRE> a <SUF>b <SUF>c <MID>d <MID>", "a", "b <SUF>c <MID>d", Order.PSM);
    assertSameAs("<PRE> <PRE> a <SUF>b <EOT> <MID>", "<PRE> a", "b <EOT>", Order.PSM);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "<PRE>",
        "<PRE> a",
        "<PRE> a <SUF>b",
        "<PRE> a <MID>b <SUF>c",
        "<PRE> a<SUF>b<MID>",
        "x <PRE> a <SUF>b <MID>",
        "\n<PRE> a <SUF>b <MID>",
        "  <PRE> a <SUF>b <MID>",
        "<PRE> a <SUF <MID>",
        "<pre> a <suf>b <mid>"
      })
  void takesEverythingElseForText(String text) {
    EncodedPrompt prompt = CompletionPrompt.ofText(TOKENIZER, text, "prompt");
    assertThat(prompt.answer()).isEqualTo(EncodedPrompt.Answer.CONTINUATION);
    assertThat(prompt.ids())
        .containsExactly(
            new IdBuffer().add(TOKENIZER.bosId()).add(TOKENIZER.encodeUserText(text)).toArray());
    assertThat(prompt.ids()).doesNotContain(TOKENIZER.infilling().orElseThrow().prefix());
  }

  @Test
  void saysSoWhereTheModelHasNoInfilling() {
    Tokenizer without = DemoModel.withoutInfilling();
    assertThatThrownBy(() -> CompletionPrompt.ofText(without, "<PRE> a <SUF>b <MID>", "prompt"))
        .isInstanceOf(PromptException.NoInfilling.class)
        .hasMessage("this model has no infilling")
        .extracting(e -> ((PromptException) e).field())
        .isEqualTo("prompt");
    assertThatThrownBy(() -> InfillPrompt.of(without, "a", "b", Order.PSM, "suffix"))
        .isInstanceOf(PromptException.NoInfilling.class)
        .extracting(e -> ((PromptException) e).field())
        .isEqualTo("suffix");
  }

  private static void assertSameAs(String text, String prefix, String suffix, Order order) {
    EncodedPrompt prompt = CompletionPrompt.ofText(TOKENIZER, text, "prompt");
    assertThat(prompt.ids())
        .as(text)
        .containsExactly(InfillPrompt.of(TOKENIZER, prefix, suffix, order, "prompt").ids());
    assertThat(prompt.answer()).isEqualTo(EncodedPrompt.Answer.INFILL);
  }
}
