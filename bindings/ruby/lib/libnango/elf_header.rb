# frozen_string_literal: true

module LibNango
  # Tells a library of another architecture from one that is missing: the dynamic linker says "No
  # such file or directory" for both.
  # @api private
  module ElfHeader
    # The numbers of the ELF specification (e_machine).
    MACHINES = {3 => "x86", 40 => "arm", 62 => "x86-64", 183 => "arm64", 243 => "riscv64"}.freeze
    private_constant :MACHINES

    class << self
      # @return [String, nil] what is wrong with the file; nil if it fits, is no ELF file, or is a
      #   name that the dynamic linker looks up
      def mismatch(file)
        return unless file.include?("/")

        theirs = machine(file)
        ours = machine("/proc/self/exe")
        return if theirs.nil? || ours.nil? || theirs == ours

        "this file is for #{name(theirs)}, but this Ruby is for #{name(ours)}; install the " \
          "library for #{name(ours)}"
      end

      private

      def machine(file)
        header = File.binread(file, 20)
        return unless header&.start_with?("\x7FELF".b) && header.bytesize == 20

        # EI_DATA is 2 in a file of a big-endian machine.
        header.byteslice(18, 2).unpack1(header.getbyte(5) == 2 ? "S>" : "S<")
      rescue SystemCallError
        # The file is missing, or may not be read.
      end

      def name(machine)
        MACHINES.fetch(machine) { "ELF machine #{machine}" }
      end
    end
  end
  private_constant :ElfHeader
end
