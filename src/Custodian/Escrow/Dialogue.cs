namespace Serment.Custodian.Escrow;

/// <summary>The people in front of the Custodian's machine: a terminal, or lines piped in by a script.</summary>
internal sealed class Dialogue(TextReader input, TextWriter output, bool terminal)
{
    public static Dialogue OfConsole() => new(Console.In, Console.Out, !Console.IsInputRedirected && !Console.IsOutputRedirected);

    public void Say(string text) => output.WriteLine(text);

    /// <exception cref="RefusedException">Nobody answers any more.</exception>
    public string Ask(string question)
    {
        output.Write(question);
        output.Flush();
        var line = input.ReadLine();
        if (!terminal) output.WriteLine();
        return line ?? throw new RefusedException("key.given-up", "Personne ne répond : rien n'a été fait.");
    }

    /// <summary>Without an echo where there is a terminal.</summary>
    public string AskSecret(string question)
    {
        if (!terminal) return Ask(question);
        output.Write(question);
        var typed = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
            if (key.Key is ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar)) typed.Append(key.KeyChar);
        output.WriteLine();
        return typed.ToString();
    }

    /// <summary>The next person at this terminal does not see what the one before saw, scrolled back or not.</summary>
    public void Clear()
    {
        if (terminal) output.Write("\e[2J\e[3J\e[H");
        output.Flush();
    }
}
