namespace Serment.Exchange.References;

/// <summary>An official file is not as its publisher lays it out. Lines and columns count from 1; 0: the file as a whole.</summary>
public sealed class ReferenceFaultException(string message, long line = 0, int column = 0) : Exception(message)
{
    public long Line { get; } = line;
    public int Column { get; } = column;
}
